//! The states of a run that a person sees, and what a listing says of a run.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use super::RunId;
use super::names::{UnknownName, find};

/// What has become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunState {
    /// A thread of a process is at work on it.
    Running,
    /// It waits for a person's answer, and needs no process until then; or a thread of this process
    /// is at work on it and has nothing to do before a point in time comes, or a signal.
    Waiting,
    /// It has begun and nobody is at work on it: it was started and not driven yet, or its process
    /// ended before the run did. It is to be taken up.
    Interrupted,
    /// A person stopped it. It is taken up when a person says so, and not by itself.
    Suspended,
    /// Everything was done.
    Succeeded,
    /// It failed, and everything that it had done is undone.
    Reverted,
    /// It failed, and what it had done is kept, all of it or in part, as its flow says.
    Failed,
    /// It failed, and undoing it failed too: something is left in place.
    RevertFailed,
    /// A person ended it and kept what it had done.
    Cancelled,
}

/// Every state with its name; the place in the list plus one is the code in the logbook.
const NAMES: [(RunState, &str); 9] = [
    (RunState::Running, "running"),
    (RunState::Waiting, "waiting"),
    (RunState::Interrupted, "interrupted"),
    (RunState::Suspended, "suspended"),
    (RunState::Succeeded, "succeeded"),
    (RunState::Reverted, "reverted"),
    (RunState::Failed, "failed"),
    (RunState::RevertFailed, "revert-failed"),
    (RunState::Cancelled, "cancelled"),
];

impl RunState {
    /// Whether something is left to do or to decide: true of every state but
    /// [`Succeeded`](RunState::Succeeded), [`Reverted`](RunState::Reverted) and
    /// [`Cancelled`](RunState::Cancelled).
    #[must_use]
    pub fn is_unfinished(self) -> bool {
        !matches!(
            self,
            RunState::Succeeded | RunState::Reverted | RunState::Cancelled
        )
    }

    /// The byte that stands for this state in an `End` record, from 1.
    pub(crate) fn code(self) -> u8 {
        self as u8 + 1
    }

    /// The state that `code` stands for.
    pub(crate) fn from_code(code: u8) -> Option<RunState> {
        let (state, _) = NAMES.get(usize::from(code.checked_sub(1)?))?;
        Some(*state)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(NAMES[*self as usize].1)
    }
}

impl FromStr for RunState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<RunState, UnknownName> {
        find(name, "state of a run", &NAMES)
    }
}

/// One line of a listing: what a logbook knows of a run without reading its values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunSummary {
    /// The run's id.
    pub id: RunId,
    /// The stored name of its flow.
    pub flow: String,
    /// The version of the flow that it began with.
    pub version: u32,
    /// What has become of it.
    pub state: RunState,
    /// When it began, to the millisecond.
    pub started: SystemTime,
    /// The labels that it was begun with, in the order in which they were given.
    pub labels: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::{NAMES, RunState};

    #[test]
    fn codes_and_names_lead_back_to_their_state() {
        for (place, (state, name)) in NAMES.into_iter().enumerate() {
            assert_eq!(usize::from(state.code()), place + 1);
            assert_eq!(RunState::from_code(state.code()), Some(state));
            assert_eq!(state.to_string(), name);
            assert_eq!(name.parse(), Ok(state));
        }
        assert_eq!(RunState::from_code(0), None);
        assert_eq!(RunState::from_code(10), None);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "done".parse::<RunState>().unwrap_err().to_string();
        assert!(
            error.starts_with("`done` is no state of a run; use one of `running`, "),
            "{error}"
        );
    }
}
