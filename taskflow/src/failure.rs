//! What went wrong in a task, as data: it is stored with the run and outlives the process.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a task, or its revert, failed.
///
/// It holds the texts of the error and of its sources rather than the error itself, because it is
/// written to the logbook and read again by other processes.
///
/// `{}` prints the message, `{:#}` the message followed by its causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    message: String,
    causes: Vec<String>,
    kind: FailureKind,
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
}

impl Failure {
    /// A failure with a message and no further causes.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(FailureKind::Error, message)
    }

    pub(crate) fn of(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            kind,
        }
    }

    /// A failure that keeps the chain of an error's sources.
    pub fn from_error(error: &(dyn Error + '_)) -> Self {
        let mut failure = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
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

    /// The task did its work, but the result cannot be stored.
    pub(crate) fn into_unstorable(self) -> Self {
        Self {
            kind: FailureKind::Unstorable,
            ..self
        }
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
    pub fn causes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.causes.iter().map(String::as_str)
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
            for cause in &self.causes {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
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

    #[test]
    fn a_panic_says_so() {
        let failure = Failure::from_panic(&"boom");
        assert_eq!(failure.to_string(), "panicked: boom");
        assert_eq!(failure.kind(), FailureKind::Panic);
    }
}
