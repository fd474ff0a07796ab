//! How a flow reaches what a task says of itself, knowing nothing but a number.
//!
//! `#[task]` implements [`Site`] for the [`Key`] with the task's number, on a type that is local to
//! the task's module. There is one implementation for a key, so rustc infers the type from the
//! number alone, and no path leads into the task's module.

use crate::task::Policy;

/// A task, by the number that its companion macro carries.
pub struct Key<const NUMBER: u64>;

/// Says that the task's own code is on `M`.
pub trait Site<M> {}

/// The settings of a task.
pub trait Info: Sized {
    /// The value whose inherent methods are the task's own code.
    const SITE: Self;
    /// The settings.
    const POLICY: Policy;
    /// The settings without those of what the revert calls, so that two tasks can revert each
    /// other.
    const OWN: Policy = Self::POLICY;
}

/// What a task returns whose errors are asked about.
#[diagnostic::on_unimplemented(
    message = "`if` is asked about an error, and `{Self}` is no `Result`; return a `Result`, or remove `if`",
    label = "this is no `Result`"
)]
pub trait Fails {
    /// The error.
    type Error;
}

impl<T, E> Fails for Result<T, E> {
    type Error = E;
}

/// The task's own code.
#[must_use]
pub const fn site<const NUMBER: u64, M: Info>() -> M
where
    Key<NUMBER>: Site<M>,
{
    M::SITE
}

/// The task's settings.
#[must_use]
pub const fn policy<const NUMBER: u64, M: Info>() -> Policy
where
    Key<NUMBER>: Site<M>,
{
    M::POLICY
}

/// The task's settings without those of what its revert calls.
#[must_use]
pub const fn own<const NUMBER: u64, M: Info>() -> Policy
where
    Key<NUMBER>: Site<M>,
{
    M::OWN
}

/// What a revert calls is asked as a flow asks a task, and answers this if it is none.
#[doc(hidden)]
#[macro_export]
macro_rules! __no_task {
    (@taskflow [] [$next:path] $state:tt) => {
        $next! { @taskflow [] [] $state }
    };
}

/// The settings of what a revert calls.
#[doc(hidden)]
#[macro_export]
macro_rules! __callee_policy {
    (@taskflow [{ task $name:ident key $key:literal $($rest:tt)* }] [] {}) => {
        $crate::__private::own::<$key, _>()
    };
    ($($other:tt)*) => {
        $crate::__private::Policy::DEFAULT
    };
}

/// Whether what a revert calls is worth another attempt after an error.
#[doc(hidden)]
#[macro_export]
macro_rules! __callee_retry_if {
    (
        @taskflow
        [{ task $name:ident key $key:literal flags [$(transient)? retry_if] $($rest:tt)* }]
        [] { $error:expr }
    ) => {
        $crate::__private::site::<$key, _>().retry_if($error)
    };
    (
        @taskflow
        [{ task $name:ident key $key:literal flags [$(transient)? generic retry_if] $($rest:tt)* }]
        [] { $error:expr }
    ) => {
        ::core::compile_error! { ::core::concat!(
            "`", ::core::stringify!($name), "` is a generic task whose `retry` has an `if`, which ",
            "a revert cannot ask; call it in a function of its own, and let the revert call that",
        ) }
    };
    ($($other:tt)*) => {
        true
    };
}
