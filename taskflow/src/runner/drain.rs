//! Letting runs finish before a shutdown.

use std::fmt;
use std::time::Duration;

use super::Runner;
use crate::logbook::RunId;

/// What a runner had not finished when it was drained. All of it is taken up by
/// [`recover`](Runner::recover) of the next process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Runs that waited for a thread and were let go, in the order in which they would have had
    /// one.
    pub queued: Vec<RunId>,
    /// Runs that were still under way when the time was over. They go on until the process ends,
    /// and are interrupted by that; they also hold the logbook.
    pub running: Vec<RunId>,
}

impl Runner {
    /// Begins nothing any more, lets go of the runs that wait for a thread, and waits for those that
    /// are under way, no longer than `within`.
    ///
    /// From now on a start is refused with [`StartError::Draining`](crate::StartError::Draining),
    /// unless it attaches to a run that is at its end or under way. Nothing that is not finished is
    /// lost or counts as failed: it is `Interrupted`, and whoever waits for it is told so.
    #[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn drain(&self, within: Duration) -> Drained {
        let queued = self.shared.pool.close();
        let running = self.shared.pool.wait_idle(within);
        Drained { queued, running }
    }
}

/// How many there are of each.
impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "let go in the queue: {}, still under way: {}",
            self.queued.len(),
            self.running.len()
        )
    }
}
