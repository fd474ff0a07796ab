//! What about a run needs a person.

use std::fmt;
use std::time::Duration;

use super::Shared;
use crate::logbook::{RunState, RunSummary, WaitsFor};
use crate::run::StartError;

/// Why a run does not go on without a person.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Attention {
    /// It failed, and what it had done is kept, all of it or in part.
    Failed,
    /// It failed, and undoing it failed too: something is left in place.
    PartlyUndone,
    /// Nobody knows whether these tasks happened.
    Asked(Vec<String>),
    /// It cannot be taken up: its flow has changed or is not registered, or its records cannot be
    /// read.
    Refused(StartError),
    /// It is under way, and nothing of it was recorded for as long as
    /// [`stuck_after`](crate::RunnerBuilder::stuck_after) says.
    Stuck {
        /// How long not.
        silent: Duration,
    },
    /// It waits for a signal for longer than
    /// [`overdue_after`](crate::RunnerBuilder::overdue_after) says.
    Overdue {
        /// The signal's name; where there are several, the one that was waited for longest.
        signal: String,
        /// How long it is waited for.
        waited: Duration,
    },
    /// It was taken up this often without any of its tasks ending, and is not any more.
    SetAside {
        /// How often.
        resumes: u32,
    },
}

/// A run in a listing of a runner.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listed {
    /// What the logbook says of it; a run that waits for a thread of the runner is `Running`.
    pub run: RunSummary,
    /// Why it needs a person, if it does.
    pub attention: Option<Attention>,
}

impl Shared {
    pub(super) fn listed(&self, run: RunSummary) -> Listed {
        let run = self.seen(run);
        let attention = self.attention(&run);
        Listed { run, attention }
    }

    fn attention(&self, run: &RunSummary) -> Option<Attention> {
        match run.state {
            RunState::Running => self.stuck(run),
            RunState::Suspended
            | RunState::Succeeded
            | RunState::Reverted
            | RunState::Cancelled => None,
            RunState::Failed => Some(Attention::Failed),
            RunState::RevertFailed => Some(Attention::PartlyUndone),
            RunState::Waiting | RunState::Interrupted => {
                self.obstacle(run).or_else(|| self.overdue(run))
            }
        }
    }

    fn stuck(&self, run: &RunSummary) -> Option<Attention> {
        let silent = self.book.silence(&run.id)?;
        (silent >= self.stuck_after?).then_some(Attention::Stuck { silent })
    }

    fn overdue(&self, run: &RunSummary) -> Option<Attention> {
        let signals = run.waits.iter();
        let signals = signals.filter(|wait| wait.what == WaitsFor::Signal);
        let (since, signal) = signals
            .filter_map(|wait| Some((wait.since?, &wait.atom)))
            .min()?;
        // A clock that was set back says nothing.
        let waited = since.elapsed().ok()?;
        (waited >= self.overdue_after?).then(|| Attention::Overdue {
            signal: signal.clone(),
            waited,
        })
    }

    /// What keeps a run from being taken up that could go on by itself.
    fn obstacle(&self, run: &RunSummary) -> Option<Attention> {
        if let Some(resumes) = self.set_aside(run) {
            return Some(Attention::SetAside { resumes });
        }
        match self.known(run).and_then(|flow| flow.asked(&run.id)) {
            Err(error) => Some(Attention::Refused(error)),
            Ok(asked) if asked.is_empty() => None,
            Ok(asked) => Some(Attention::Asked(asked)),
        }
    }
}

impl fmt::Display for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => f.write_str(
                "it failed, and what it had done is kept; repair the cause and `resume` it, or \
                 `revert` it",
            ),
            Self::PartlyUndone => f.write_str(
                "undoing it failed, and something is left in place; repair the cause and `resume` \
                 it",
            ),
            Self::Asked(tasks) => write!(
                f,
                "nobody knows whether `{}` happened; say so with `resolve`",
                tasks.join("`, `")
            ),
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::Stuck { silent } => write!(
                f,
                "nothing of it was recorded for {} s; see what its task does, or `suspend` it",
                silent.as_secs()
            ),
            Self::Overdue { signal, waited } => write!(
                f,
                "it waits for the signal `{signal}` for {} s; give it with `signal`, or `cancel` \
                 the run",
                waited.as_secs()
            ),
            Self::SetAside { resumes } => write!(
                f,
                "it was taken up {resumes} times and nothing came of it, so it is set aside; \
                 `resume` takes it up by hand"
            ),
        }
    }
}

/// One line, such as ``run `order-17` of `checkout` v2 is waiting: …``.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunSummary {
            id,
            flow,
            version,
            state,
            waits,
            ..
        } = &self.run;
        write!(f, "run `{id}` of `{flow}` v{version} is {state}")?;
        for (place, wait) in waits.iter().enumerate() {
            f.write_str(if place == 0 { " for " } else { " and " })?;
            fmt::Display::fmt(wait, f)?;
        }
        match &self.attention {
            None => Ok(()),
            Some(attention) => write!(f, ": {attention}"),
        }
    }
}
