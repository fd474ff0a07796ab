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
