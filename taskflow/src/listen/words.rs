//! Events in words, for a person and for tests.

use std::fmt;
use std::time::SystemTime;

use crate::failure::Failure;

use super::utc::Utc;
use super::{Change, Decision, GroupKind, RunEvent, RunRequest, Wait};

impl fmt::Display for RunEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.flow(), self.run())?;
        fmt::Display::fmt(&self.change, f)
    }
}

/// `{}` is the same in every run that goes the same way; `{:#}` adds points in time, and the causes
/// of failures.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunStarted => f.write_str("run started"),
            Self::RunTakenUp => f.write_str("run taken up"),
            Self::Requested(request) => fmt::Display::fmt(request, f),
            Self::TaskStarted { task, attempt: 1 } => write!(f, "{task} started"),
            Self::TaskStarted { task, attempt } => write!(f, "{task} started (attempt {attempt})"),
            Self::TaskReleased { task } => write!(f, "{task} not started yet"),
            Self::TaskDone { task: atom } | Self::GroupDone { group: atom } => {
                write!(f, "{atom} done")
            }
            Self::TaskFailed {
                task,
                failure,
                again,
            } => {
                write!(f, "{task}{} failed: ", item(failure))?;
                fmt::Display::fmt(failure, f)?;
                attempted_again(f, *again)
            }
            Self::GroupFailed { group, failure } => {
                write!(f, "{group} failed: ")?;
                fmt::Display::fmt(failure, f)
            }
            Self::Checkpoint { task } => write!(f, "{task} checkpoint"),
            Self::Decided { task, decision } => write!(f, "{task} unknown: {decision}"),
            Self::RevertStarted { task } => write!(f, "{task} revert started"),
            Self::RevertDone { task } => write!(f, "{task} reverted"),
            Self::RevertFailed {
                task,
                failure,
                again,
            } => {
                write!(f, "{task}{} revert failed: ", item(failure))?;
                fmt::Display::fmt(failure, f)?;
                attempted_again(f, *again)
            }
            Self::GroupOpened { group, kind } => {
                write!(f, "{group} opened")?;
                fmt::Display::fmt(kind, f)
            }
            Self::Retried { group, not_before } => {
                write!(f, "{group} undone and run again")?;
                time(f, "at", *not_before)
            }
            Self::GivenUp { group } => write!(f, "{group} gives up"),
            Self::Waiting { atom, wait } => {
                write!(f, "{atom} waits")?;
                match wait {
                    Wait::Time { until } => time(f, "until", Some(*until)),
                    Wait::Signal { until } => time(f, "until", *until),
                }
            }
            Self::Due { atom } => write!(f, "{atom} due"),
            Self::DeadlinePassed => f.write_str("deadline passed"),
            Self::RunEnded { state } => write!(f, "run {state}"),
        }
    }
}

/// The item that something failed in, in brackets.
fn item(failure: &Failure) -> String {
    failure
        .item()
        .map_or_else(String::new, |item| format!(" ({item})"))
}

fn attempted_again(f: &mut fmt::Formatter<'_>, at: Option<SystemTime>) -> fmt::Result {
    if at.is_some() {
        f.write_str("; it is attempted again")?;
    }
    time(f, "at", at)
}

impl fmt::Display for RunRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rerun => f.write_str("asked to go on"),
            Self::Revert => f.write_str("asked to revert"),
            Self::Suspend => f.write_str("asked to suspend"),
            Self::Cancel => f.write_str("asked to cancel"),
            Self::Interrupt => f.write_str("asked to interrupt"),
            Self::Signal { signal } => write!(f, "{signal} given"),
            Self::Resolve { task } => write!(f, "{task} resolved"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rerun => "it runs again",
            Self::Revert => "it is undone",
            Self::Ask => "a person is asked",
            Self::Skip => "it counts as done",
            Self::Leave => "it is left",
        })
    }
}

/// What comes behind the word that a group is opened.
impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Match { arm } => write!(f, ": arm {arm}"),
            Self::Try | Self::Limit { tasks: 0 } | Self::Retry { times: u32::MAX } => Ok(()),
            Self::Retry { times } => write!(f, ": {times} attempts"),
            Self::Map { items, .. } => write!(f, ": {items} items"),
            Self::Limit { tasks } => write!(f, ": {tasks} at once"),
            Self::Timeout { until } => time(f, "until", Some(*until)),
        }
    }
}

/// A point in time, if it is wanted.
fn time(f: &mut fmt::Formatter<'_>, before: &str, time: Option<SystemTime>) -> fmt::Result {
    match time {
        Some(time) if f.alternate() => write!(f, " {before} {}", Utc(time)),
        _ => Ok(()),
    }
}
