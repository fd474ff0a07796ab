//! Questions about types that only rustc can answer, asked by autoref in generated code.
//!
//! A method call looks for `self` by value first, then by reference. So of two traits with a
//! method of one name, the one that is implemented for `Probe<X>` wins over the one that is
//! implemented for `&Probe<X>`, and the choice needs no name of a type. (The technique is known as
//! autoref specialization, by David Tolnay.)

use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Display, Write};
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::failure::{Failure, Outcome};
use crate::flow::Step;
use crate::slot::Undoing;

/// What a task returned: is it a `Result`, under whatever name?
///
/// `(&mut Returned::new(value)).result()`
pub struct Returned<R>(Option<R>);

impl<R> Returned<R> {
    /// Wraps what a task returned.
    pub fn new(value: R) -> Self {
        Self(Some(value))
    }
}

/// The task can fail.
pub trait Fallible {
    /// What it provides.
    type Value;
    /// Its error.
    type Error;
    /// What it returned.
    ///
    /// # Errors
    ///
    /// That of the task.
    fn result(&mut self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Fallible for Returned<Result<T, E>> {
    type Value = T;
    type Error = E;

    #[inline]
    fn result(&mut self) -> Result<T, E> {
        self.0.take().expect("asked once")
    }
}

/// The task cannot fail.
pub trait Infallibly {
    /// What it provides.
    type Value;
    /// What it returned.
    ///
    /// # Errors
    ///
    /// None.
    fn result(&mut self) -> Result<Self::Value, Infallible>;
}

impl<T> Infallibly for &mut Returned<T> {
    type Value = T;

    #[inline]
    fn result(&mut self) -> Result<T, Infallible> {
        Ok(self.0.take().expect("asked once"))
    }
}

/// What a revert returned: is it over?
///
/// `(&&Undone(&value)).over()`
pub struct Undone<'a, T>(pub &'a T);

/// A future, which is not even begun.
pub trait Unawaited {
    /// The future.
    type Future;
    /// Never compiles: without it, a revert that is `async` would be taken for a success.
    fn over(&self)
    where
        Self::Future: Over;
}

impl<F: Future> Unawaited for &Undone<'_, F> {
    type Future = F;

    fn over(&self)
    where
        F: Over,
    {
    }
}

/// Implemented for nothing that is a future.
///
/// ```compile_fail
/// async fn give_back() {}
///
/// #[taskflow::task(revert = give_back())]
/// fn take() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a revert cannot be `async`",
    label = "this returns a future, which nothing awaits",
    note = "call a function that returns when the effect is undone"
)]
pub trait Over {}

/// Anything else.
pub trait Ended {
    /// Does nothing.
    fn over(&self) {}
}

impl<T> Ended for Undone<'_, T> {}

/// An error of a task: does it have sources?
///
/// `(&&&Thrown(error)).failure()`
pub struct Thrown<E>(pub E);

/// An error with sources.
pub trait WithSource {
    /// The failure that keeps the chain.
    fn failure(&self) -> Failure;
}

impl<E: Error> WithSource for &&Thrown<E> {
    fn failure(&self) -> Failure {
        Failure::from_error(&self.0)
    }
}

/// A pointer to an error with sources, such as `Box<dyn Error>` or `anyhow::Error`.
pub trait ToSource {
    /// The failure that keeps the chain.
    fn failure(&self) -> Failure;
}

impl<E> ToSource for &Thrown<E>
where
    E: Deref,
    E::Target: AsError,
{
    fn failure(&self) -> Failure {
        Failure::from_error(self.0.as_error())
    }
}

/// What a pointer to an error points to.
pub trait AsError {
    /// The error as an object.
    fn as_error(&self) -> &(dyn Error + 'static);
}

impl AsError for dyn Error {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl AsError for dyn Error + Send {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl AsError for dyn Error + Send + Sync {
    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

/// Any other error: its text is all there is.
pub trait TextOnly {
    /// What is shown.
    type Error;
    /// The failure.
    fn failure(&self) -> Failure
    where
        Self::Error: Shown;
}

/// An error with a text.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` cannot be recorded, as it is not `Display`; implement `std::fmt::Display` for it, or better `std::error::Error`",
    label = "the error of this is not `Display`"
)]
pub trait Shown: Display {}

#[diagnostic::do_not_recommend]
impl<E: Display> Shown for E {}

impl<E> TextOnly for Thrown<E> {
    type Error = E;

    fn failure(&self) -> Failure
    where
        E: Shown,
    {
        Failure::new(self.0.to_string())
    }
}

/// An error of a task, for the condition of a retry around it.
///
/// `(&Judged(&error)).judge(is_transient)`
pub struct Judged<'e, E>(pub &'e E);

/// The task cannot fail, so that no condition has to be about its error.
pub trait NeverJudged {
    /// There is nothing to ask.
    fn judge<P>(&self, condition: P) -> bool;
}

impl NeverJudged for Judged<'_, Infallible> {
    fn judge<P>(&self, _: P) -> bool {
        match *self.0 {}
    }
}

/// The task can fail.
pub trait Judges {
    /// Its error.
    type Error;
    /// Whether another attempt is worth it.
    fn judge(&self, condition: impl FnOnce(&Self::Error) -> bool) -> bool;
}

impl<E> Judges for &Judged<'_, E> {
    type Error = E;

    fn judge(&self, condition: impl FnOnce(&E) -> bool) -> bool {
        condition(self.0)
    }
}

/// A symbol, where a parameter asks for more than a plain reference.
///
/// `(&Held(symbol)).pointee()`
pub struct Held<'s, T: ?Sized>(pub &'s T);

/// The symbol is a pointer, and the parameter a reference to what it points to.
pub trait Pointer<'s> {
    /// What it points to.
    type Target: ?Sized;
    /// The reference for a `&dyn Trait`.
    fn pointee(&self) -> &'s Self::Target;
}

impl<'s, T: ?Sized> Pointer<'s> for Held<'s, Arc<T>> {
    type Target = T;
    fn pointee(&self) -> &'s T {
        self.0
    }
}

impl<'s, T: ?Sized> Pointer<'s> for Held<'s, Box<T>> {
    type Target = T;
    fn pointee(&self) -> &'s T {
        self.0
    }
}

impl<'s, T: ?Sized> Pointer<'s> for Held<'s, Rc<T>> {
    type Target = T;
    fn pointee(&self) -> &'s T {
        self.0
    }
}

impl<'s, T: ?Sized> Pointer<'s> for Held<'s, &'s T> {
    type Target = T;
    fn pointee(&self) -> &'s T {
        self.0
    }
}

/// The symbol is the value itself.
pub trait Value<'s> {
    /// The value.
    type Target: ?Sized;
    /// The reference for a `&dyn Trait`.
    fn pointee(&self) -> &'s Self::Target;
}

impl<'s, T: ?Sized> Value<'s> for &Held<'s, T> {
    type Target = T;
    fn pointee(&self) -> &'s T {
        self.0
    }
}

/// What tells an item from others is a text for people.
///
/// `(&&Held(symbol)).label(out)`
pub trait Labels {
    /// Appends it.
    fn label(&self, out: &mut String) -> Step;
}

impl<T: Display + ?Sized> Labels for &Held<'_, T> {
    fn label(&self, out: &mut String) -> Step {
        // Writing to a text does not fail.
        let _ = write!(out, "{}", self.0);
        Step::OK
    }
}

/// What tells an item from others has a text for programmers alone, as a path has.
pub trait LabelsByDebug {
    /// Appends it.
    fn label(&self, out: &mut String) -> Step;
}

impl<T: fmt::Debug + ?Sized> LabelsByDebug for &&Held<'_, T> {
    fn label(&self, out: &mut String) -> Step {
        // Writing to a text does not fail.
        let _ = write!(out, "{:?}", self.0);
        Step::OK
    }
}

/// A type that has a text.
#[diagnostic::on_unimplemented(
    message = "a `label` tells an item of a `map` from the others, and a `{Self}` has no text; name \
               a field that has one, implement `Display`, or derive `Debug`",
    label = "this is a `{Self}`"
)]
pub trait Legible {}

impl<T: fmt::Debug + ?Sized> Legible for T {}

/// What is to tell an item from others has no text, which rustc says of the type.
pub trait LabelsNot {
    /// What it would be.
    type Target: ?Sized;
    /// Never called.
    fn label(&self, out: &mut String) -> Step
    where
        Self::Target: Legible;
}

impl<T: ?Sized> LabelsNot for Held<'_, T> {
    type Target = T;

    fn label(&self, _: &mut String) -> Step
    where
        T: Legible,
    {
        Step::OK
    }
}

/// The symbol may be absent, and the parameter is an `Option<&T>`.
pub trait Optional<'s> {
    /// What may be there.
    type Inner: ?Sized;
    /// The reference for an `Option<&T>`.
    fn optional(&self) -> Option<&'s Self::Inner>;
    /// The reference for an `Option<&str>` and its like.
    fn optional_deref(&self) -> Option<&'s <Self::Inner as Deref>::Target>
    where
        Self::Inner: Deref;
}

impl<'s, T> Optional<'s> for Held<'s, Option<T>> {
    type Inner = T;

    fn optional(&self) -> Option<&'s T> {
        self.0.as_ref()
    }

    fn optional_deref(&self) -> Option<&'s T::Target>
    where
        T: Deref,
    {
        self.0.as_deref()
    }
}

/// The symbol is always there, and the parameter is an `Option<&T>`.
pub trait Certain<'s> {
    /// What is there.
    type Inner: ?Sized;
    /// The reference for an `Option<&T>`.
    fn optional(&self) -> Option<&'s Self::Inner>;
    /// The reference for an `Option<&str>` and its like.
    fn optional_deref(&self) -> Option<&'s <Self::Inner as Deref>::Target>
    where
        Self::Inner: Deref;
}

impl<'s, T: ?Sized> Certain<'s> for &Held<'s, T> {
    type Inner = T;

    fn optional(&self) -> Option<&'s T> {
        Some(self.0)
    }

    fn optional_deref(&self) -> Option<&'s T::Target>
    where
        T: Deref,
    {
        Some(self.0)
    }
}

/// The symbol is a text or a slice itself, and the parameter is an `Option<&str>` or its like.
pub trait Unsized<'s> {
    /// The text or the slice.
    type Target: ?Sized;
    /// The reference.
    fn optional_deref(&self) -> Option<&'s Self::Target>;
}

impl<'s> Unsized<'s> for Held<'s, str> {
    type Target = str;

    fn optional_deref(&self) -> Option<&'s str> {
        Some(self.0)
    }
}

impl<'s> Unsized<'s> for Held<'s, Path> {
    type Target = Path;

    fn optional_deref(&self) -> Option<&'s Path> {
        Some(self.0)
    }
}

impl<'s, T> Unsized<'s> for Held<'s, [T]> {
    type Target = [T];

    fn optional_deref(&self) -> Option<&'s [T]> {
        Some(self.0)
    }
}

/// The return type of a task, in its revert: what does it provide?
///
/// `(&Returns::<Result<Payment, Error>>::NEW).value(undoing)`
pub struct Returns<R>(PhantomData<R>);

impl<R> Returns<R> {
    /// Stands for the type.
    pub const NEW: Self = Self(PhantomData);
}

/// The task can fail.
pub trait ReturnsResult {
    /// What it provides.
    type Value: 'static;
    /// The value to undo.
    fn value<'a>(&self, undoing: Undoing<'a>) -> &'a Self::Value;
    /// How the task ended.
    fn outcome<'a>(&self, undoing: Undoing<'a>) -> Outcome<'a, Self::Value>;
}

impl<T: 'static, E> ReturnsResult for Returns<Result<T, E>> {
    type Value = T;

    fn value<'a>(&self, undoing: Undoing<'a>) -> &'a T {
        undoing.value()
    }

    fn outcome<'a>(&self, undoing: Undoing<'a>) -> Outcome<'a, T> {
        undoing.outcome()
    }
}

/// The task cannot fail.
pub trait ReturnsValue {
    /// What it provides.
    type Value: 'static;
    /// The value to undo.
    fn value<'a>(&self, undoing: Undoing<'a>) -> &'a Self::Value;
    /// How the task ended.
    fn outcome<'a>(&self, undoing: Undoing<'a>) -> Outcome<'a, Self::Value>;
}

impl<T: 'static> ReturnsValue for &Returns<T> {
    type Value = T;

    fn value<'a>(&self, undoing: Undoing<'a>) -> &'a T {
        undoing.value()
    }

    fn outcome<'a>(&self, undoing: Undoing<'a>) -> Outcome<'a, T> {
        undoing.outcome()
    }
}

impl<'a> Undoing<'a> {
    fn value<T: 'static>(self) -> &'a T {
        match self.outcome() {
            Outcome::Done(value) => value,
            Outcome::Failed(_) | Outcome::Unknown => {
                unreachable!("a revert that does not name `outcome` is called after a success")
            }
        }
    }

    fn outcome<T: 'static>(self) -> Outcome<'a, T> {
        match self {
            Self::Done(value) => Outcome::Done(
                value
                    .downcast_ref()
                    .expect("a slot holds what its own task returned"),
            ),
            Self::Failed(failure) => Outcome::Failed(failure),
            Self::Unknown => Outcome::Unknown,
        }
    }
}

#[cfg(test)]
// The reference is what is tested.
#[allow(clippy::needless_borrow)]
mod tests {
    use super::*;

    macro_rules! failure {
        ($error:expr) => {
            (&&&Thrown($error)).failure()
        };
    }

    #[test]
    fn a_result_is_found_under_any_name() {
        type Odd = std::io::Result<u8>;
        let odd: Odd = Ok(1);
        let found: Result<u8, std::io::Error> = (&mut Returned::new(odd)).result();
        assert_eq!(found.unwrap(), 1);
        let plain: Result<Option<u8>, Infallible> = (&mut Returned::new(Some(1))).result();
        assert_eq!(plain.unwrap(), Some(1));
    }

    #[test]
    fn every_kind_of_error_is_understood() {
        let chain = || std::io::Error::new(std::io::ErrorKind::NotFound, Outer(std::fmt::Error));
        assert_eq!(failure!(chain()).causes().len(), 1);
        let boxed: Box<dyn Error + Send + Sync> = Box::new(chain());
        assert_eq!(failure!(boxed).causes().len(), 1);
        let boxed: Box<dyn Error> = Box::new(chain());
        assert_eq!(failure!(boxed).causes().len(), 1);
        assert_eq!(failure!("text").message(), "text");
        assert_eq!(failure!(String::from("text")).message(), "text");
    }

    #[derive(Debug)]
    struct Outer(std::fmt::Error);
    impl Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("outer")
        }
    }
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_pointer_gives_what_it_points_to() {
        trait Speak {
            fn word(&self) -> u8;
        }
        impl Speak for u8 {
            fn word(&self) -> u8 {
                *self
            }
        }
        fn hear(speaker: &dyn Speak) -> u8 {
            speaker.word()
        }
        let shared: Arc<dyn Speak> = Arc::new(1_u8);
        let boxed: Box<dyn Speak> = Box::new(2_u8);
        let borrowed: &dyn Speak = &3_u8;
        assert_eq!(hear((&Held(&shared)).pointee()), 1);
        assert_eq!(hear((&Held(&boxed)).pointee()), 2);
        assert_eq!(hear((&Held(&borrowed)).pointee()), 3);
        assert_eq!(hear((&Held(&4_u8)).pointee()), 4);
    }

    #[test]
    fn what_may_be_absent_and_what_is_there_both_fit() {
        let (some, none, text) = (Some(String::from("a")), None::<String>, String::from("b"));
        assert_eq!((&Held(&some)).optional(), Some(&String::from("a")));
        assert_eq!((&Held(&none)).optional_deref(), None);
        assert_eq!((&Held(&text)).optional_deref(), Some("b"));
        assert_eq!((&Held("c")).optional_deref(), Some("c"));
    }
}
