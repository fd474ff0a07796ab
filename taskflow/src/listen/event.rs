//! What is told: which run, when, and what has changed.

use std::sync::Arc;
use std::time::SystemTime;

use super::AtomPath;
use crate::failure::Failure;
use crate::flow::Identity;
use crate::logbook::{RunId, RunState};

/// One change of a run's state.
///
/// `{}` prints the flow, the run and the [change](Change); `{:#}` also the points in time and the
/// causes of failures that the change names.
#[derive(Debug, Clone)]
pub struct RunEvent {
    pub(super) about: Arc<About>,
    pub(super) time: SystemTime,
    pub(super) change: Change,
}

/// The run that events are about.
#[derive(Debug)]
pub(super) struct About {
    pub(super) run: RunId,
    pub(super) flow: Identity,
}

impl RunEvent {
    /// The id of the run; one without a logbook has one too.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.about.run
    }

    /// The name of the flow.
    #[must_use]
    pub fn flow(&self) -> &str {
        self.about.flow.name
    }

    /// The version of the flow.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.about.flow.version
    }

    /// When it happened, as far as the engine knows: the events of short tasks that it takes in
    /// together have the same time.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// What has changed.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }
}

/// What has changed in a run.
///
/// Each is a record of the logbook. What follows from others without a record of its own is not
/// told: that a `retry` is done because its body is, or that an arm of a `match` is not taken.
///
/// While a process drives a run, every [`TaskStarted`](Change::TaskStarted) is followed by one of
/// [`TaskDone`](Change::TaskDone), [`TaskFailed`](Change::TaskFailed) and
/// [`TaskReleased`](Change::TaskReleased) of that task, unless the logbook fails.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// The run began.
    RunStarted,
    /// A process took the run up; whatever was running when the last one ended is of unknown
    /// outcome.
    RunTakenUp,
    /// Somebody asked for something, and the run does it.
    Requested(RunRequest),
    /// A task is about to be called.
    TaskStarted {
        /// The task.
        task: AtomPath,
        /// How often it was started in this run, this time included.
        attempt: u32,
    },
    /// A task that was told to start was not called after all, and may start later.
    TaskReleased {
        /// The task.
        task: AtomPath,
    },
    /// A task succeeded.
    TaskDone {
        /// The task.
        task: AtomPath,
    },
    /// A task failed.
    TaskFailed {
        /// The task.
        task: AtomPath,
        /// Why.
        failure: Failure,
        /// When it is attempted again by its own `retry`, if it is.
        again: Option<SystemTime>,
    },
    /// A task recorded how far it is.
    Checkpoint {
        /// The task.
        task: AtomPath,
    },
    /// Nobody knows how a task ended that ran when a process did, and this is done about it.
    Decided {
        /// The task.
        task: AtomPath,
        /// What is done.
        decision: Decision,
    },
    /// The revert of a task is about to be called.
    RevertStarted {
        /// The task.
        task: AtomPath,
    },
    /// A task is undone.
    RevertDone {
        /// The task.
        task: AtomPath,
    },
    /// The revert of a task failed.
    RevertFailed {
        /// The task.
        task: AtomPath,
        /// Why.
        failure: Failure,
        /// When it is attempted again by the `retry` of the task that it calls, if it is.
        again: Option<SystemTime>,
    },
    /// A group has worked out what it does, and begins.
    GroupOpened {
        /// The group, named after its kind and its first task.
        group: AtomPath,
        /// What it does.
        kind: GroupKind,
    },
    /// What a `map` or a `try` provides is put together.
    GroupDone {
        /// The group.
        group: AtomPath,
    },
    /// A group could not work out what it does, or not put together what it provides, or its
    /// controller panicked.
    GroupFailed {
        /// The group.
        group: AtomPath,
        /// Why.
        failure: Failure,
    },
    /// What is in a `retry` failed; it is undone, and then run again.
    Retried {
        /// The group.
        group: AtomPath,
        /// Not before this point in time, if it waits for one.
        not_before: Option<SystemTime>,
    },
    /// What is in a `retry(with = …)` failed and is not run again: its controller gives up, or it
    /// was not consulted any more because the run comes to a stop.
    GivenUp {
        /// The group.
        group: AtomPath,
    },
    /// A `sleep` or a `signal` waits from here on.
    Waiting {
        /// The atom that waits.
        atom: AtomPath,
        /// For what.
        wait: Wait,
    },
    /// A point in time has come that was waited for: the end of a `sleep` or of a `timeout`, the
    /// last moment for a `signal`, or the time for another attempt.
    Due {
        /// The atom that it was set for.
        atom: AtomPath,
    },
    /// The run is not over by its deadline: nothing new starts, as after a failure.
    DeadlinePassed,
    /// The run is over, or comes to stand in this state.
    RunEnded {
        /// The state.
        state: RunState,
    },
}

/// What somebody asked of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunRequest {
    /// To go on from where it failed.
    Rerun,
    /// To undo what is in place.
    Revert,
    /// To stop, until somebody has it resumed.
    Suspend,
    /// To end, and to keep what is in place.
    Cancel,
    /// To stop, because its process is about to end.
    Interrupt,
    /// To take what a signal waits for.
    Signal {
        /// The signal.
        signal: AtomPath,
    },
    /// To take an answer about a task of which nobody knew how it ended.
    Resolve {
        /// The task.
        task: AtomPath,
    },
}

/// What is done about a task of which nobody knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It runs again.
    Rerun,
    /// Its revert is called.
    Revert,
    /// A person is asked, and the run waits for the answer.
    Ask,
    /// It counts as done.
    Skip,
    /// It counts as not started: the run fails anyway, and there is nothing to undo.
    Leave,
}

/// What a group does that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupKind {
    /// A `match` or a `when` takes an arm.
    Match {
        /// The number of the arm, from 0.
        arm: u32,
    },
    /// A `retry`.
    Retry {
        /// The attempts in all; `u32::MAX` where its controller alone says how many.
        times: u32,
    },
    /// A `map`.
    Map {
        /// The number of items.
        items: u32,
        /// How many are worked at at once; 0 for any number.
        limit: u32,
        /// How many may fail.
        tolerate: u32,
    },
    /// A `try`.
    Try,
    /// A `timeout`.
    Timeout {
        /// When the time is up.
        until: SystemTime,
    },
    /// A `limit`.
    Limit {
        /// How many tasks run at once; 0 for any number.
        tasks: u32,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// A point in time.
    Time {
        /// That one.
        until: SystemTime,
    },
    /// A value from outside.
    Signal {
        /// The longest that it is waited for, if there is a bound.
        until: Option<SystemTime>,
    },
}
