//! What went wrong in a task, as data: it is stored with the run and outlives the process.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a task, or its revert, failed.
///
/// It holds the texts of the error and of its sources rather than the error itself, because it is
/// written to the logbook and read again by other processes.
///
/// `{}` prints the message, `{:#}` the message followed by its causes, which are its
/// [`source`](Error::source)s as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Failure {
    message: String,
    cause: Option<Box<Cause>>,
    kind: FailureKind,
    /// The retries that its error speaks against, by [`Failure::refuse`].
    refused: u32,
    /// What tells the item of a `map` that it happened in from others.
    item: Option<Box<str>>,
}

/// The text of an error's source, as an error.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    text: String,
    next: Option<Box<Cause>>,
}

/// A failure as it is written.
#[derive(Serialize, Deserialize)]
struct Stored {
    message: String,
    causes: Vec<String>,
    kind: FailureKind,
    refused: u32,
    item: Option<Box<str>>,
}

/// The most causes that are kept, so that a chain without an end comes to one.
const CAUSES_MAX: usize = 100;

impl Cause {
    fn chain(texts: impl IntoIterator<Item = String>) -> Option<Box<Cause>> {
        let texts: Vec<_> = texts.into_iter().take(CAUSES_MAX).collect();
        let link = |next, text| Some(Box::new(Cause { text, next }));
        texts.into_iter().rev().fold(None, link)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

impl From<Stored> for Failure {
    fn from(stored: Stored) -> Self {
        Self {
            message: stored.message,
            cause: Cause::chain(stored.causes),
            kind: stored.kind,
            refused: stored.refused,
            item: stored.item,
        }
    }
}

impl From<Failure> for Stored {
    fn from(failure: Failure) -> Self {
        Self {
            causes: failure.causes().map(str::to_owned).collect(),
            message: failure.message,
            kind: failure.kind,
            refused: failure.refused,
            item: failure.item,
        }
    }
}

/// How a task came to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FailureKind {
    /// The task returned an error.
    Error,
    /// The task panicked.
    Panic,
    /// The task succeeded, but its result cannot be stored; what it did is still in place.
    Unstorable,
    /// What the task had provided cannot be had again, so its revert could not be called.
    Lost,
    /// A person said that the task counts as failed.
    Resolved,
    /// It took too long, or what it waited for did not come in time; whether it has had an effect
    /// is not known.
    Timeout,
}

impl Failure {
    /// A failure with a message and no further causes.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(FailureKind::Error, message)
    }

    pub(crate) fn of(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            cause: None,
            kind,
            refused: 0,
            item: None,
        }
    }

    /// A failure that keeps the chain of an error's sources, up to a hundred of them.
    pub fn from_error(error: &(dyn Error + '_)) -> Self {
        let sources = std::iter::successors(error.source(), |&cause| cause.source());
        Self {
            cause: Cause::chain(sources.map(ToString::to_string)),
            ..Self::new(error.to_string())
        }
    }

    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("the panic carried no text");
        Self::of(FailureKind::Panic, text)
    }

    pub(crate) fn resolved() -> Self {
        Self::of(
            FailureKind::Resolved,
            "a person said that it counts as failed",
        )
    }

    /// It failed because the time was up.
    pub(crate) fn into_timeout(self) -> Self {
        Self {
            kind: FailureKind::Timeout,
            ..self
        }
    }

    /// The task did its work, but the result cannot be stored.
    pub(crate) fn into_unstorable(self) -> Self {
        Self {
            kind: FailureKind::Unstorable,
            ..self
        }
    }

    /// Says that a retry must not run the task again for this: number 0 is the one in the task's
    /// own `#[task(retry(…))]`, number 1 the innermost `retry` around the task, and so on outwards.
    #[doc(hidden)]
    #[must_use]
    pub fn refuse(mut self, retry: u32) -> Self {
        self.refused |= 1_u32.checked_shl(retry).unwrap_or(0);
        self
    }

    /// The same for the retry of the function that failed itself, if its own `if` speaks against
    /// it.
    #[doc(hidden)]
    #[must_use]
    pub fn refuse_unless(self, is_retried: bool) -> Self {
        if is_retried { self } else { self.refuse(0) }
    }

    pub(crate) fn refused(&self) -> u32 {
        self.refused
    }

    /// Whether what the task did is in place although it failed.
    pub(crate) fn leaves_effect(&self) -> bool {
        self.kind == FailureKind::Unstorable
    }

    /// The error's own text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The texts of the error's sources, nearest first.
    #[must_use]
    pub fn causes(&self) -> impl ExactSizeIterator<Item = &str> {
        let causes = std::iter::successors(self.cause.as_deref(), |cause| cause.next.as_deref());
        causes
            .map(|cause| cause.text.as_str())
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// What tells the item of a `map` that it happened in from the others, where the map has a
    /// `label`; outermost first, where maps stand in each other.
    #[must_use]
    pub fn item(&self) -> Option<&str> {
        self.item.as_deref()
    }

    pub(crate) fn in_item(mut self: Box<Self>, item: String) -> Box<Self> {
        if !item.is_empty() {
            self.item = Some(item.into());
        }
        self
    }

    /// How the task came to fail.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FailureKind::Panic => write!(f, "panicked: {}", self.message)?,
            _ => f.write_str(&self.message)?,
        }
        if f.alternate() {
            for cause in self.causes() {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// How a task ended, for a revert that wants to know.
///
/// A revert whose call names `outcome` is called not only for a task that succeeded, but also for
/// one that failed and for one of which nobody knows: the process died while it ran.
///
/// ```
/// use taskflow::Outcome;
///
/// fn delete_volume(name: &str, outcome: Outcome<'_, u64>) -> String {
///     match outcome {
///         Outcome::Done(id) => format!("delete volume {id}"),
///         Outcome::Failed(_) | Outcome::Unknown => format!("look for {name} and delete it"),
///     }
/// }
/// assert_eq!(delete_volume("root", Outcome::Unknown), "look for root and delete it");
/// ```
#[derive(Debug)]
pub enum Outcome<'a, T: ?Sized> {
    /// The task succeeded with this value.
    Done(&'a T),
    /// The task failed.
    Failed(&'a Failure),
    /// The task was started, and whether it did anything is not known.
    Unknown,
}

impl<T: ?Sized> Clone for Outcome<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Outcome<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_chain() {
        let inner = std::io::Error::other("disk on fire");
        let outer = std::io::Error::other(inner);
        let failure = Failure::from_error(&outer);
        assert_eq!(failure.message(), "disk on fire");
        assert_eq!(format!("{:#}", Failure::new("a")), "a");
    }

    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn a_chain_without_an_end_comes_to_one() {
        assert_eq!(Failure::from_error(&Endless).causes().len(), CAUSES_MAX);
    }

    #[test]
    fn a_panic_says_so() {
        let failure = Failure::from_panic(&"boom");
        assert_eq!(failure.to_string(), "panicked: boom");
        assert_eq!(failure.kind(), FailureKind::Panic);
    }
}
