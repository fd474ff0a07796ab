//! The bytes that stand for what a machine knows as values.

use super::clock;
use crate::logbook::{self, DecodeError, RunState};
use crate::machine::{Answer, Decision, End, Event, Request};
use crate::plan::Setup;

impl End {
    pub(crate) fn state(self) -> RunState {
        match self {
            Self::Succeeded => RunState::Succeeded,
            Self::Reverted => RunState::Reverted,
            Self::Failed => RunState::Failed,
            Self::RevertFailed => RunState::RevertFailed,
            Self::Waiting => RunState::Waiting,
            Self::Suspended => RunState::Suspended,
            Self::Cancelled => RunState::Cancelled,
            Self::Interrupted => RunState::Interrupted,
        }
    }

    pub(super) fn of(state: RunState) -> Option<Self> {
        [
            Self::Succeeded,
            Self::Reverted,
            Self::Failed,
            Self::RevertFailed,
            Self::Waiting,
            Self::Suspended,
            Self::Cancelled,
            Self::Interrupted,
        ]
        .into_iter()
        .find(|end| end.state() == state)
    }
}

impl Decision {
    const ALL: [Self; 5] = [Self::Rerun, Self::Undo, Self::Ask, Self::Skip, Self::Leave];

    /// The byte that stands for it in a record.
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl Request {
    /// The bytes that stand for it in a record; the value of a resolved task follows them.
    pub(crate) fn bytes(self) -> [u8; 2] {
        match self {
            Self::Rerun => [0, 0],
            Self::Revert => [1, 0],
            Self::Resolve(_, answer) => [2, answer as u8],
            Self::Signal(_) => [5, 0],
            Self::Suspend => [3, 0],
            Self::Cancel => [4, 0],
            Self::Interrupt => [6, 0],
        }
    }

    pub(super) fn of(atom: u32, bytes: &[u8]) -> Option<Self> {
        const ANSWERS: [Answer; 3] = [Answer::Rerun, Answer::Done, Answer::Fail];
        match bytes {
            [0, ..] => Some(Self::Rerun),
            [1, ..] => Some(Self::Revert),
            [5, ..] => Some(Self::Signal(atom)),
            [3, ..] => Some(Self::Suspend),
            [4, ..] => Some(Self::Cancel),
            [6, ..] => Some(Self::Interrupt),
            [2, answer, ..] => Some(Self::Resolve(atom, *ANSWERS.get(usize::from(*answer))?)),
            _ => None,
        }
    }
}

impl Setup {
    /// The point in time that a controller waits for which has worked that out at `at`, or 0.
    pub(super) fn until(self, at: u64) -> u64 {
        match self {
            Self::Timeout(ms) | Self::Sleep(ms) | Self::Signal(ms @ 1..) => at.saturating_add(ms),
            _ => 0,
        }
    }
}

/// What a controller is to do, with the point in time at which it has worked that out, as they are
/// recorded.
pub(super) fn encode_setup(setup: Setup, at: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    logbook::encode(&(setup, at), &mut bytes).expect("numbers can be encoded");
    bytes
}

pub(super) fn decode_setup(bytes: &[u8]) -> Result<(Setup, u64), DecodeError> {
    logbook::decode(bytes)
}

/// When a body is run again, as it is recorded; the last point in time that there is stands for
/// never.
pub(super) fn encode_attempt(until: Option<u64>) -> [u8; 8] {
    until.unwrap_or(NEVER).to_le_bytes()
}

pub(super) fn decode_attempt(atom: u32, bytes: &[u8]) -> Option<Event> {
    let until = u64::from_le_bytes(*bytes.first_chunk()?);
    let until = (until != NEVER).then_some(until);
    Some(Event::Attempt { atom, until })
}

/// A point in time that stands for none.
const NEVER: u64 = u64::MAX;

/// The point in time that is so much after now, in milliseconds: at the latest the last one that
/// can be recorded.
pub(super) fn attempt_after(ms: u64) -> u64 {
    if ms == 0 {
        0
    } else {
        clock::after(ms).min(NEVER - 1)
    }
}
