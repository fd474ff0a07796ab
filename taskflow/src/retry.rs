//! What a `retry(with = …)` asks after a failed attempt: a controller of the user's.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::Failure;
use crate::run::TaskFailure;

/// Decides what follows a failed attempt of a `retry(with = …)`.
///
/// The name behind `with` is a symbol of the flow: an input, which is stored with the run, a
/// resource, or what an earlier task provides. It is consulted when an attempt has failed, before
/// what succeeded of it is undone, unless there is no other attempt anyway: as many were made as
/// `times` says, the `if` of the `retry` says no, or the run comes to a stop.
///
/// What it says is recorded, so that a run that goes on after a crash does not consult it again
/// about the same attempt; a crash in between makes it do so. It should decide by what it is told
/// and by what it holds alone: what it counts itself is gone with the process.
///
/// A controller that panics fails the `retry`, as if it gave up; its panic is reported as well.
///
/// ```
/// use std::time::Duration;
/// use taskflow::retry::{Attempt, Controller, Next};
/// use taskflow::{Failure, FailureKind, Serial, flow, task};
///
/// /// So many attempts, and no other one after a panic.
/// #[derive(PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Budget {
///     attempts: usize,
/// }
///
/// impl Controller for Budget {
///     fn decide(&self, attempts: &[Attempt]) -> Next {
///         let panicked = |attempt: &Attempt| attempt.failure().kind() == FailureKind::Panic;
///         if attempts.len() >= self.attempts || attempts.iter().any(panicked) {
///             return Next::GiveUp;
///         }
///         Next::RetryAfter(Duration::from_millis(1))
///     }
/// }
///
/// #[task]
/// fn fetch() -> Result<String, String> {
///     Err("busy".to_owned())
/// }
///
/// flow! {
///     struct Fetch { budget: Budget } -> fetch: String
///     retry(with = budget)[fetch]
/// }
///
/// assert!(Fetch { budget: Budget { attempts: 3 } }.call(&Serial).is_err());
///
/// // A controller can be tried without a run.
/// let busy = Attempt::new(1, "fetch", Failure::new("busy"));
/// assert_eq!(Budget { attempts: 1 }.decide(&[busy]), Next::GiveUp);
/// ```
///
/// A function, or an `Arc` of a closure, is a controller as well:
///
/// ```
/// use std::sync::Arc;
/// use taskflow::retry::{Attempt, Next};
/// use taskflow::{Serial, flow, task};
///
/// type Decide = dyn Fn(&[Attempt]) -> Next + Send + Sync;
///
/// # #[task]
/// # fn fetch() -> Result<String, String> { Err("busy".to_owned()) }
/// flow! {
///     struct Fetch { #[resource] decide: Arc<Decide> } -> fetch: String
///     retry(with = decide)[fetch]
/// }
///
/// let decide = Arc::new(|attempts: &[Attempt]| match attempts {
///     [_, _, ..] => Next::GiveUp,
///     _ => Next::Retry,
/// });
/// assert!(Fetch { decide }.call(&Serial).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no controller of a `retry`; implement `taskflow::retry::Controller` for it",
    label = "this cannot decide what follows a failed attempt"
)]
pub trait Controller {
    /// What is to follow the last of these attempts.
    ///
    /// They are those that the `retry` has made since it began, or since a person let the failed
    /// run go on: the oldest first, all of them failed, and at least one.
    fn decide(&self, attempts: &[Attempt]) -> Next;
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Another attempt, as soon as this one is undone.
    Retry,
    /// Another attempt, after this one is undone, and not before this time has passed from now.
    RetryAfter(Duration),
    /// No other attempt: the `retry` fails, with the failures of this one.
    GiveUp,
}

/// An attempt of a `retry` that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    number: u32,
    /// At least one.
    failures: Vec<TaskFailure>,
}

impl Attempt {
    /// An attempt that failed because this task did, for tests of a controller.
    pub fn new(number: u32, task: impl Into<String>, failure: Failure) -> Self {
        let task = task.into();
        Self {
            number,
            failures: vec![TaskFailure { task, failure }],
        }
    }

    /// An attempt with all that failed in it, or else what stands for it.
    pub(crate) fn of(
        number: u32,
        failures: Vec<TaskFailure>,
        absent: impl FnOnce() -> TaskFailure,
    ) -> Self {
        let failures = if failures.is_empty() {
            vec![absent()]
        } else {
            failures
        };
        Self { number, failures }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Why it failed: the first of its [failures](Attempt::failures).
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failures[0].failure
    }

    /// The tasks that failed in it, in the order of definition; at least one.
    #[must_use]
    pub fn failures(&self) -> &[TaskFailure] {
        &self.failures
    }
}

/// The number and the failures, as in `attempt 2: task `charge`: declined`.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}", self.number)?;
        for (at, failure) in self.failures.iter().enumerate() {
            f.write_str(if at == 0 { ": " } else { "; " })?;
            fmt::Display::fmt(failure, f)?;
        }
        Ok(())
    }
}

macro_rules! functions {
    ($($ty:ty)*) => { $(
        impl Controller for $ty {
            fn decide(&self, attempts: &[Attempt]) -> Next {
                self(attempts)
            }
        }
    )* };
}

// Not for everything that is a function: of a type that is no controller, rustc would then say that
// it is no closure.
functions! {
    fn(&[Attempt]) -> Next
    dyn Fn(&[Attempt]) -> Next
    dyn Fn(&[Attempt]) -> Next + Send + Sync
}

macro_rules! pointers {
    ($($ty:ty)*) => { $(
        impl<C: Controller + ?Sized> Controller for $ty {
            fn decide(&self, attempts: &[Attempt]) -> Next {
                (**self).decide(attempts)
            }
        }
    )* };
}

pointers!(&C Box<C> Rc<C> Arc<C>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_says_what_failed() {
        let failure = |task: &str, why: &str| TaskFailure {
            task: task.to_owned(),
            failure: Failure::new(why),
        };
        let two = vec![failure("a", "no"), failure("b", "neither")];
        let attempt = Attempt::of(2, two, || unreachable!("there are failures"));
        assert_eq!(
            attempt.to_string(),
            "attempt 2: task `a`: no; task `b`: neither"
        );
        assert_eq!(attempt.failure().message(), "no");
        let absent = Attempt::of(1, Vec::new(), || failure("retry@a", "it failed"));
        assert_eq!(absent.failures(), [failure("retry@a", "it failed")]);
    }

    #[test]
    fn functions_and_pointers_decide() {
        type Shared = dyn Fn(&[Attempt]) -> Next + Send + Sync;
        type Local = dyn Fn(&[Attempt]) -> Next;

        fn once(attempts: &[Attempt]) -> Next {
            match attempts {
                [_] => Next::Retry,
                _ => Next::GiveUp,
            }
        }
        fn decide(controller: &(impl Controller + ?Sized), attempts: usize) -> Next {
            let attempt = Attempt::new(1, "a", Failure::new("no"));
            controller.decide(&vec![attempt; attempts])
        }
        let plain: fn(&[Attempt]) -> Next = once;
        assert_eq!(decide(&plain, 1), Next::Retry);
        let closure: Arc<Shared> = Arc::new(once);
        assert_eq!(decide(&closure, 2), Next::GiveUp);
        let local: Rc<Local> = Rc::new(once);
        assert_eq!(decide(&&local, 2), Next::GiveUp);
        let boxed: Box<dyn Controller> = Box::new(plain);
        assert_eq!(decide(&boxed, 1), Next::Retry);
    }
}
