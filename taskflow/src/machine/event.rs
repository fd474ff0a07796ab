//! What goes into a machine and comes out of it.

use crate::plan::Setup;
use crate::task::Retry;

/// What happened, or is about to: the content of one record.
///
/// Atoms are given by their number in the run: see [`Numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A driver takes the run up: whatever was running then is of unknown outcome.
    Resume,
    /// A task is about to run, or a controller to work out what it does.
    Start(u32),
    /// A task was announced and did not begin after all.
    Release(u32),
    /// A task succeeded, or what a group provides is put together.
    Done(u32),
    /// A task failed.
    Fail {
        atom: u32,
        /// What it did is in place all the same.
        effect: bool,
        /// The retries that its error speaks against, by bit: the task's own is 0.
        refused: u32,
        /// When it is attempted once more, in milliseconds of Unix time.
        again: Option<u64>,
    },
    /// A controller has worked out what it does.
    Open {
        atom: u32,
        setup: Setup,
        /// The point in time that it waits for, or 0.
        until: u64,
    },
    /// What a group provides is being put together. No record says so: after a crash it is done
    /// again.
    Close(u32),
    /// The controller of a retry is being consulted. No record says so: after a crash it is done
    /// again.
    Consult(u32),
    /// A task that is under way has said how far it is.
    Checkpoint(u32),
    /// A point in time has come that was waited for; of [`RUN`], its deadline.
    Due(u32),
    /// What a signal waits for has come; as a [`Request`] it is recorded.
    Signal(u32),
    /// The body of a retry failed, is undone now, and is run again at that time; 0 for at once.
    /// Without a time, the controller gives up.
    Attempt { atom: u32, until: Option<u64> },
    /// Items of a map are about to be run in one go. No record says so: it is for runs that have
    /// none.
    Stretch(Stretch),
    /// The first `done` of them are done, and the rest has not begun; save that the next one goes
    /// on alone from its start, if it is `begun`.
    StretchDone {
        stretch: Stretch,
        done: u32,
        begun: bool,
    },
    /// What is done about a task of unknown outcome.
    Decide(u32, Decision),
    /// A revert is about to run.
    Revert(u32),
    /// A revert succeeded.
    Reverted(u32),
    /// A revert failed.
    RevertFail {
        atom: u32,
        /// When it is attempted once more, in milliseconds of Unix time.
        again: Option<u64>,
    },
    /// A person asked for something.
    Request(Request),
    /// The run is over, or waits.
    End(End),
}

/// What is done about a task that was started and of which nobody knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It runs again.
    Rerun,
    /// Its revert is called with an unknown outcome.
    Undo,
    /// A person is asked.
    Ask,
    /// It counts as done.
    Skip,
    /// It counts as not started: the run fails anyway, and there is nothing to undo.
    Leave,
}

/// What is to be decided, with what the machine does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// What is done about a task of unknown outcome.
    Unknown(u32, Decision),
    /// When the body of a retry is run again, of which so many attempts have failed.
    Attempt {
        atom: u32,
        failed: u32,
        retry: Retry,
    },
    /// The controller of a retry was to be consulted, and there is no other attempt anyway: the
    /// retry comes to a stop.
    GiveUp(u32),
}

/// What a person can ask of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Go on from where it failed.
    Rerun,
    /// Undo what is in place, and nothing else from here on.
    Revert,
    /// An answer about a task that waits for one.
    Resolve(u32, Answer),
    /// Here is what a signal waits for.
    Signal(u32),
    /// Come to a stop, to be taken up by hand.
    Suspend,
    /// Come to a stop for good, and keep what is in place.
    Cancel,
    /// Come to a stop, to be taken up by itself.
    Interrupt,
}

/// What a person says about a task of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It did not happen: run it.
    Rerun,
    /// It happened.
    Done,
    /// It counts as failed.
    Fail,
}

/// How a driver leaves a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Succeeded,
    /// Failed, and everything is undone.
    Reverted,
    /// Failed, and something is kept.
    Failed,
    /// Failed, and something could not be undone.
    RevertFailed,
    /// A person's answer is needed.
    Waiting,
    /// A person stopped it for now.
    Suspended,
    /// A person stopped it for good.
    Cancelled,
    /// Its process ends, and the next one is to take it up.
    Interrupted,
}

/// What an engine is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Command {
    Run(u32),
    Revert(u32, Ended),
    /// Work out what a controller does.
    Open(u32),
    /// Put together what a group provides.
    Close(u32),
    /// Have the controller of a retry say what follows a failed attempt.
    Consult(u32),
    /// Run items of a map in one go.
    Stretch(Stretch),
}

/// Items of a map that are run in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stretch {
    /// The number of the map's atom.
    pub(crate) map: u32,
    /// The number of the first of the items.
    pub(crate) from: u32,
    pub(crate) len: u32,
    /// The number of the first atom of that item.
    pub(crate) first: u32,
}

/// How an atom had ended that is to be reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Done,
    Failed,
    Unknown,
}

/// A record that cannot be true of this plan at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Illegal(pub(crate) Event);

impl Event {
    /// The atom that it is about.
    pub(super) fn atom(mut self) -> Option<u32> {
        self.atom_mut().copied()
    }

    /// The same about another atom.
    pub(super) fn about(mut self, other: u32) -> Self {
        if let Some(atom) = self.atom_mut() {
            *atom = other;
        }
        self
    }

    fn atom_mut(&mut self) -> Option<&mut u32> {
        match self {
            Self::Start(atom)
            | Self::Release(atom)
            | Self::Done(atom)
            | Self::Fail { atom, .. }
            | Self::Open { atom, .. }
            | Self::Close(atom)
            | Self::Consult(atom)
            | Self::Checkpoint(atom)
            | Self::Due(atom)
            | Self::Signal(atom)
            | Self::Attempt { atom, .. }
            | Self::Stretch(Stretch { map: atom, .. })
            | Self::StretchDone {
                stretch: Stretch { map: atom, .. },
                ..
            }
            | Self::Decide(atom, _)
            | Self::Revert(atom)
            | Self::Reverted(atom)
            | Self::RevertFail { atom, .. } => Some(atom),
            Self::Resume | Self::Request(_) | Self::End(_) => None,
        }
    }
}

impl Command {
    pub(crate) fn atom(self) -> u32 {
        match self {
            Self::Run(atom)
            | Self::Revert(atom, _)
            | Self::Open(atom)
            | Self::Close(atom)
            | Self::Consult(atom) => atom,
            Self::Stretch(stretch) => stretch.map,
        }
    }
}
