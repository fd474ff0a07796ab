//! Letting runs finish before a shutdown.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use super::Runner;
use crate::logbook::{Ask, RunId, RunState};

/// How often a runner that drains looks at its runs.
const LOOK: Duration = Duration::from_millis(20);

/// What a runner had not finished when it was drained. All of it is taken up by
/// [`recover`](Runner::recover) of the next process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Runs that waited for a thread, in the order in which they would have had one, and then those
    /// that stopped between two tasks.
    pub interrupted: Vec<RunId>,
    /// Runs in the middle of a task when the time was over. They go on to its end or to that of the
    /// process, and hold the logbook until then.
    pub running: Vec<RunId>,
}

impl Runner {
    /// Begins nothing any more, and waits until no run is under way, no longer than `within`.
    ///
    /// Runs that wait for a thread are let go, and those that wait for a time or a signal are
    /// interrupted. The others have half of the time to end by themselves. Then they are
    /// interrupted as well: tasks that run finish and are recorded, and nothing new starts.
    ///
    /// From now on a start is refused with [`StartError::Draining`](crate::StartError::Draining),
    /// unless it attaches to a run that has ended or is under way. Nothing is lost or counts as
    /// failed: what is not finished is `Interrupted`, and whoever waits for it is told so.
    #[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn drain(&self, within: Duration) -> Drained {
        let pool = &self.shared.pool;
        let mut interrupted = pool.close();
        self.shared.postman.join();
        let begun = Instant::now();
        let mut asked = BTreeSet::new();
        let running = loop {
            let passed = begun.elapsed();
            for id in pool.wait_idle(Duration::ZERO) {
                if passed >= within / 2 || self.is_waiting(&id) {
                    self.interrupt(&id);
                    asked.insert(id);
                }
            }
            let left = within.saturating_sub(passed);
            let running = pool.wait_idle(left.min(LOOK));
            if running.is_empty() || left.is_zero() {
                break running;
            }
        };
        interrupted.extend(asked.into_iter().filter(|id| self.is_interrupted(id)));
        Drained {
            interrupted,
            running,
        }
    }

    /// Asks a run that is under way to stop between two tasks. Whether it does is seen from its
    /// state: it may just as well end.
    fn interrupt(&self, id: &RunId) {
        drop(self.shared.book.ask(id, Ask::Interrupt));
    }

    /// Whether a run that is under way waits for a time or a signal.
    fn is_waiting(&self, id: &RunId) -> bool {
        let run = self.shared.summary(id);
        run.is_ok_and(|run| run.state == RunState::Waiting)
    }

    fn is_interrupted(&self, id: &RunId) -> bool {
        let run = self.shared.summary(id);
        run.is_ok_and(|run| run.state == RunState::Interrupted)
    }
}

/// How many there are of each.
impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "interrupted: {}, still in a task: {}",
            self.interrupted.len(),
            self.running.len()
        )
    }
}
