//! Dropping runs that are over.

use std::time::{Duration, SystemTime};

use super::Runner;
use crate::logbook::{Filter, LogbookError, RunId};

impl Runner {
    /// Drops the runs that came to their end so long ago or longer, whatever their flow: those that
    /// are `Succeeded`, `Reverted` or `Cancelled`. Nothing tells of them any more. Returns their
    /// ids, in the order in which they began; for as long as
    /// [`retention`](crate::RunnerBuilder::retention) says, these count as used.
    ///
    /// It is done when this is called, and not by itself. What it gives back is memory: the records
    /// stay in the file, hidden, and the file does not get shorter. See
    /// [`Logbook::drop_run`](crate::Logbook::drop_run).
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn drop_finished(&self, ended_for: Duration) -> Result<Vec<RunId>, LogbookError> {
        let book = &self.shared.book;
        let mut dropped = Vec::new();
        let Some(before) = SystemTime::now().checked_sub(ended_for) else {
            return Ok(dropped);
        };
        for (_, run) in book.select(&Filter::default(), 0, usize::MAX) {
            let is_old = run.ended.is_some_and(|ended| ended <= before);
            if run.state.is_unfinished() || !is_old {
                continue;
            }
            match book.append_drop(&run.id, self.shared.retention) {
                Ok(true) => dropped.push(run.id),
                // Its driver has not let go of it yet, or somebody else has dropped it.
                Ok(false) | Err(LogbookError::Unfinished { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        book.catch_up()?;
        Ok(dropped)
    }
}
