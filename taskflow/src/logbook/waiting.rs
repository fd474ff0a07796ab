//! What a run waits for that has nothing else to do, as its records say it and as a person reads it.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Something that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The path of what waits within the flow; in a `map` with the number of the item, such as
    /// `approval[3]`. It is the name by which a signal is given.
    pub atom: String,
    /// What has to come.
    pub what: WaitsFor,
    /// Since when, to the millisecond; `None` between two attempts.
    pub since: Option<SystemTime>,
    /// When it is over by itself: a sleep and a wait for an attempt well, a signal badly. `None`
    /// for a signal that may take any time.
    pub until: Option<SystemTime>,
}

/// What has to come before a run that waits goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WaitsFor {
    /// A signal.
    Signal,
    /// The end of a `sleep`.
    Time,
    /// The time for another attempt at something that failed.
    Attempt,
}

/// The same as it is recorded, with points in time in milliseconds of Unix time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub(crate) atom: String,
    pub(crate) what: WaitsFor,
    pub(crate) since_ms: Option<u64>,
    pub(crate) until_ms: Option<u64>,
}

impl Wait {
    pub(super) fn told(&self) -> Waiting {
        Waiting {
            atom: self.atom.clone(),
            what: self.what,
            since: self.since_ms.and_then(point),
            until: self.until_ms.and_then(point),
        }
    }
}

/// A point in time in milliseconds of Unix time, if this system can tell it.
pub(super) fn point(ms: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

/// Such as ``signal `approval` ``.
impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            WaitsFor::Signal => write!(f, "signal `{}`", self.atom),
            WaitsFor::Time => write!(f, "the end of `{}`", self.atom),
            WaitsFor::Attempt => write!(f, "the next attempt of `{}`", self.atom),
        }
    }
}
