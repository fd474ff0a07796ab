//! How a run ended otherwise than well, for who called it.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Finished;
use crate::failure::Failure;
use crate::logbook::{self, DecodeError, EncodeError, InvalidRunId, LogbookError, RunId, RunState};
use crate::machine::{Answer, End, State};
use crate::plan::PlanDiff;

/// Why a run did not result in an output.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunError {
    /// A task failed.
    Failed(Failed),
    /// The run stands still until a person says something, or a person has ended it.
    Stopped(Stopped),
    /// The run could not be started or taken up; nothing was done.
    NotStarted(StartError),
    /// The logbook failed, and the run stopped where it was: open the logbook again and resume.
    Book(LogbookError),
    /// The run succeeded, and what it resulted in cannot be had again: it cannot be read from the
    /// logbook, or a transient task that provides it failed this time.
    Lost {
        /// The run.
        run: RunId,
        /// Why not.
        failure: Failure,
    },
}

/// Why a run could not be started or taken up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StartError {
    /// The id is not one.
    InvalidId(InvalidRunId),
    /// The run of that id has other inputs.
    OtherInputs(RunId),
    /// The run of that id is one of another flow, or of another version.
    OtherFlow {
        /// The run.
        id: RunId,
        /// The name of its flow.
        flow: String,
        /// The version of its flow.
        version: u32,
    },
    /// The flow's code has changed since the run was started.
    Refused {
        /// The run.
        id: RunId,
        /// What has changed.
        diff: PlanDiff,
    },
    /// The run of that id was started with inputs that the flow of today cannot read.
    OldInputs {
        /// The run.
        id: RunId,
        /// What is wrong with them.
        error: DecodeError,
    },
    /// The logbook has no run of that id.
    NoSuchRun(RunId),
    /// The logbook has a run of that id, and a new one was asked for.
    Exists(RunId),
    /// The id belonged to a run that is dropped, and counts as used for some time yet.
    Dropped(RunId),
    /// The runner was not given the flow of that name and version.
    NotRegistered {
        /// The name of the flow.
        flow: String,
        /// The version of the flow.
        version: u32,
        /// The versions of it that the runner was given.
        registered: Vec<u32>,
    },
    /// As many runs wait in the runner as may.
    Full,
    /// The runner drains, and begins nothing any more.
    Draining,
    /// The inputs cannot be stored.
    Inputs(EncodeError),
    /// The request does not fit the state of the run.
    NotNow {
        /// The run.
        id: RunId,
        /// What was asked, and why it cannot be.
        why: String,
    },
    /// The logbook failed.
    Book(LogbookError),
}

/// A task that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskFailure {
    /// The path of the task within the flow; empty where that is the run itself, which was not over
    /// by its deadline.
    pub task: String,
    /// Why it failed.
    pub failure: Failure,
}

/// How a run failed, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    run: RunId,
    flow: String,
    failures: Vec<TaskFailure>,
    undone: Undone,
}

/// What is left of a run that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undone {
    /// Nothing: everything that had succeeded is undone.
    All,
    /// Everything stays in place; the run can be continued, or undone by hand.
    Kept,
    /// Some of it: these tasks are not undone.
    Partly(Vec<Left>),
}

/// A task whose effect is still in place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Left {
    /// The path of the task within the flow.
    pub task: String,
    /// Why its revert failed; `None` if it was not attempted, because of what stands before or
    /// after it.
    pub failure: Option<Failure>,
}

/// A run that stands still until a person says something, or that a person has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    run: RunId,
    state: RunState,
    asked: Vec<String>,
}

/// What a person says about a task of which nobody knows how it ended.
#[derive(Clone)]
pub struct Resolution {
    pub(crate) answer: Answer,
    pub(crate) value: Result<Vec<u8>, EncodeError>,
}

impl fmt::Debug for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its value may be a secret.
        f.debug_struct("Resolution")
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

impl Resolution {
    /// It did not happen: run it.
    #[must_use]
    pub fn rerun() -> Self {
        Self {
            answer: Answer::Rerun,
            value: Ok(Vec::new()),
        }
    }

    /// It happened, and provides nothing.
    #[must_use]
    pub fn done() -> Self {
        Self::done_with(&())
    }

    /// It happened, and provides this value, which must be of the type that the task returns.
    #[must_use]
    pub fn done_with<T: Serialize + DeserializeOwned>(value: &T) -> Self {
        let mut bytes = Vec::new();
        let encoded = logbook::encode_checked(value, &mut bytes);
        Self {
            answer: Answer::Done,
            value: encoded.map(|()| bytes),
        }
    }

    /// It counts as failed, and the flow's `on_failure` decides what follows.
    #[must_use]
    pub fn failed() -> Self {
        Self {
            answer: Answer::Fail,
            value: Ok(Vec::new()),
        }
    }
}

impl Failed {
    /// The stored name of the flow.
    #[must_use]
    pub fn flow(&self) -> &str {
        &self.flow
    }

    /// The id of the run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The tasks that failed, in the order of definition; none if the run was undone by
    /// [`RunHandle::revert`](crate::RunHandle::revert) before any did.
    #[must_use]
    pub fn failures(&self) -> &[TaskFailure] {
        &self.failures
    }

    /// What is left of the run.
    #[must_use]
    pub fn undone(&self) -> &Undone {
        &self.undone
    }
}

impl Stopped {
    /// The id of the run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Why it stands still: [`Waiting`](RunState::Waiting) for an answer,
    /// [`Suspended`](RunState::Suspended), [`Cancelled`](RunState::Cancelled), or
    /// [`Interrupted`](RunState::Interrupted) because its runner drains.
    #[must_use]
    pub fn state(&self) -> RunState {
        self.state
    }

    /// The paths of the tasks of which a person has to say whether they happened, with
    /// [`RunHandle::resolve`](crate::RunHandle::resolve).
    #[must_use]
    pub fn asked(&self) -> &[String] {
        &self.asked
    }
}

impl Finished {
    /// How the run ended, or why nobody knows.
    ///
    /// The logbook's failure goes before everything else.
    pub(crate) fn end(&mut self) -> Result<End, RunError> {
        match (
            self.core.broken.take(),
            self.told.or(self.core.machine.over()),
        ) {
            (Some(error), _) => Err(RunError::Book(error)),
            (None, Some(end)) => Ok(end),
            (None, None) => unreachable!("an engine works until the run is over"),
        }
    }

    /// What a run results in whose values are all in this process.
    pub(crate) fn result<T>(mut self, take: impl FnOnce() -> T) -> Result<T, RunError> {
        let over = self.end()?;
        self.error(over).map_or_else(|| Ok(take()), Err)
    }

    /// The error that an end means, if it is one.
    pub(crate) fn error(&self, end: End) -> Option<RunError> {
        match end {
            End::Succeeded => None,
            End::Suspended | End::Cancelled | End::Waiting | End::Interrupted => {
                Some(RunError::Stopped(Stopped {
                    run: self.facts.id().clone(),
                    state: end.state(),
                    asked: self.paths(|state| state == State::Asked),
                }))
            }
            End::Reverted | End::Failed | End::RevertFailed => {
                Some(RunError::Failed(self.failed(end)))
            }
        }
    }

    fn failed(&self, end: End) -> Failed {
        let machine = &self.core.machine;
        let tasks = &self.core.failures.tasks;
        let blamed = machine.failed();
        let blamed = blamed.iter().filter_map(|atom| tasks.get_key_value(atom));
        let mut failures: Vec<_> = blamed.collect();
        if end == End::Failed && self.core.machine.is_kept() {
            // Nothing was undone, and yet the revert of a task of unknown outcome can fail.
            failures.extend(&self.core.failures.reverts);
            failures.sort_by_key(|&(&atom, _)| atom);
        }
        let failures = failures.into_iter().map(|(&atom, failure)| TaskFailure {
            task: machine.path(atom),
            failure: failure.clone(),
        });
        let left = machine.in_place().into_iter().map(|atom| Left {
            task: machine.path(atom),
            failure: self.core.failures.reverts.get(&atom).cloned(),
        });
        let undone = match end {
            End::Reverted => Undone::All,
            _ if self.core.machine.is_kept() => Undone::Kept,
            _ => Undone::Partly(left.collect()),
        };
        Failed {
            run: self.facts.id().clone(),
            flow: self.facts.flow.name.to_owned(),
            failures: failures.collect(),
            undone,
        }
    }

    /// The failure of the first task that failed, in the order of definition.
    pub(crate) fn first_failure(&self) -> Option<&Failure> {
        let mut failed = self.core.machine.failed().into_iter();
        failed.find_map(|atom| self.core.failures.tasks.get(&atom))
    }

    fn paths(&self, matches: impl Fn(State) -> bool) -> Vec<String> {
        let machine = &self.core.machine;
        let tasks = machine.tasks().into_iter();
        tasks
            .filter(|&atom| matches(machine.state(atom)))
            .map(|atom| machine.path(atom))
            .collect()
    }
}

/// `{:#}` adds the causes of the failure.
impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.task.is_empty() {
            return fmt::Display::fmt(&self.failure, f);
        }
        write!(f, "task `{}`", self.task)?;
        if let Some(item) = self.failure.item() {
            write!(f, " ({item})")?;
        }
        f.write_str(": ")?;
        fmt::Display::fmt(&self.failure, f)
    }
}

/// `{}` is one line; `{:#}` adds the causes of each failure.
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            // No task failed: a person had it undone.
            write!(f, "flow `{}` was reverted by hand", self.flow)?;
        } else {
            write!(f, "flow `{}` failed", self.flow)?;
        }
        for (i, failure) in self.failures.iter().enumerate() {
            f.write_str(if i == 0 { ": " } else { "; " })?;
            fmt::Display::fmt(failure, f)?;
        }
        write!(f, "; {}", self.undone)?;
        if self.undone != Undone::All {
            write!(f, " (run `{}`)", self.run)?;
        }
        Ok(())
    }
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = match self {
            Self::All => return f.write_str("what had succeeded is undone"),
            Self::Kept => return f.write_str("what had succeeded is kept"),
            Self::Partly(left) => left,
        };
        f.write_str("still in place: ")?;
        for (i, Left { task, failure }) in left.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            write!(f, "`{task}`")?;
            if let Some(failure) = failure {
                write!(f, " (its revert failed: {failure})")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = &self.run;
        match self.state {
            RunState::Suspended => write!(f, "run `{run}` is suspended; resume it to go on"),
            RunState::Interrupted => {
                write!(
                    f,
                    "run `{run}` is interrupted; the next process takes it up"
                )
            }
            RunState::Cancelled => {
                write!(f, "run `{run}` is cancelled, and what it had done is kept")
            }
            _ => write!(
                f,
                "run `{run}` waits for an answer: nobody knows whether `{}` happened; say so with \
                 `resolve`",
                self.asked.join("`, `")
            ),
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failed) => fmt::Display::fmt(failed, f),
            Self::Stopped(stopped) => fmt::Display::fmt(stopped, f),
            Self::NotStarted(error) => fmt::Display::fmt(error, f),
            Self::Book(error) => write!(
                f,
                "the run stopped because its logbook failed: {error}; what was recorded is kept, \
                 resume the run when the cause is gone"
            ),
            Self::Lost { run, failure } => write!(
                f,
                "run `{run}` succeeded, but its result cannot be had: {}",
                failure.message()
            ),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidId(error) => fmt::Display::fmt(error, f),
            Self::OtherInputs(id) => write!(
                f,
                "run `{id}` was started with other inputs; use another id, or the same inputs"
            ),
            Self::OtherFlow { id, flow, version } => write!(
                f,
                "run `{id}` is one of flow `{flow}` v{version}; use another id, or that flow"
            ),
            Self::Refused { id, diff } => write!(
                f,
                "run `{id}` was started with another plan of flow {diff}; finish it with the \
                 program that started it, or raise the flow's `version` and start a new run"
            ),
            Self::OldInputs { id, error } => write!(
                f,
                "the inputs of run `{id}` are not those of this flow ({}); finish it with the \
                 program that started it, or raise the flow's `version` and start a new run",
                error.reason()
            ),
            Self::NoSuchRun(id) => {
                write!(
                    f,
                    "the logbook has no run `{id}`; `Logbook::runs` lists those it has"
                )
            }
            Self::Exists(id) => write!(
                f,
                "the logbook has a run `{id}` already; take another id, or attach to that run"
            ),
            Self::Dropped(id) => {
                let id = id.clone();
                fmt::Display::fmt(&LogbookError::Dropped { id }, f)
            }
            Self::NotRegistered {
                flow,
                version,
                registered,
            } => {
                write!(f, "the runner was not given flow `{flow}` v{version}")?;
                for (place, version) in registered.iter().enumerate() {
                    f.write_str(if place == 0 { ", only v" } else { ", v" })?;
                    write!(f, "{version}")?;
                }
                f.write_str("; `register` it")
            }
            Self::Full => f.write_str(
                "as many runs wait in the runner as `max_queued` allows; start this one later",
            ),
            Self::Draining => f.write_str(
                "the runner drains and begins nothing any more; start the run with the next one",
            ),
            Self::Inputs(error) => write!(f, "the inputs cannot be stored: {error}"),
            Self::NotNow { id, why } => write!(f, "run `{id}` {why}"),
            Self::Book(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // A message says what its own error says, so that the chain goes on behind that.
            Self::Failed(failed) => failed.source(),
            Self::Stopped(_) => None,
            Self::Lost { failure, .. } => failure.source(),
            Self::NotStarted(error) => error.source(),
            Self::Book(error) => error.source(),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Inputs(error) => error.source(),
            Self::Book(error) => error.source(),
            _ => None,
        }
    }
}

/// The sources are the causes of the first failure.
impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failures.first()?.failure.source()
    }
}

impl Error for Stopped {}

impl From<StartError> for RunError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Book(error) => Self::Book(error),
            error => Self::NotStarted(error),
        }
    }
}

impl From<LogbookError> for StartError {
    fn from(error: LogbookError) -> Self {
        match error {
            LogbookError::Dropped { id } => Self::Dropped(id),
            error => Self::Book(error),
        }
    }
}

impl From<LogbookError> for RunError {
    fn from(error: LogbookError) -> Self {
        Self::Book(error)
    }
}

impl From<InvalidRunId> for StartError {
    fn from(error: InvalidRunId) -> Self {
        Self::InvalidId(error)
    }
}
