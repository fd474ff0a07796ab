//! What other processes ask of runs that nobody drives: to go on, to be undone, to take an answer.
//!
//! A run that is under way looks for its letters itself. A thread of the runner looks for the rest.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Shared;
use crate::handle::Intent;
use crate::logbook::{LogbookError, RunState};
use crate::run::{StartError, panicked};

/// How often a runner looks for letters.
const LOOK: Duration = Duration::from_millis(200);

/// The thread that looks for letters, as long as there is one.
#[derive(Default)]
pub(super) struct Postman(Mutex<Option<JoinHandle<()>>>);

impl Postman {
    /// Looks for letters until the runner drains or is gone.
    pub(super) fn start(&self, shared: &Arc<Shared>) {
        if !shared.book.has_letterbox() {
            return;
        }
        let (pool, shared) = (shared.pool.clone(), Arc::downgrade(shared));
        let thread = thread::Builder::new().name("taskflow-letters".to_owned());
        // Without the thread, letters wait for a driver of their run, or for the next process.
        let thread = thread.spawn(move || {
            while !pool.wait_closed(LOOK) {
                let Some(shared) = Weak::upgrade(&shared) else {
                    return;
                };
                // What cannot be read or written now stays in the inbox, and is tried again. A
                // panic comes from the code of a flow that reads what its run holds.
                match catch_unwind(AssertUnwindSafe(|| shared.deliver())) {
                    Ok(Ok(()) | Err(_)) => {}
                    Err(payload) => drop(panicked(payload)),
                }
            }
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = thread.ok();
    }

    /// Returns when nobody looks for letters any more, once the pool is closed.
    pub(super) fn join(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of it has been reported, and there is nothing to take back.
            drop(thread.join());
        }
    }
}

impl Shared {
    /// Applies the letters for runs that nobody drives, and takes up those that can go on.
    fn deliver(&self) -> Result<(), LogbookError> {
        let mut seen = BTreeSet::new();
        for letter in self.book.letters()? {
            let Some(run) = self.book.run_summary(&letter.run)? else {
                continue;
            };
            if self.is_under_way(&run) || !seen.insert(run.id.clone()) {
                continue;
            }
            let delivered = self.known(&run).and_then(|flow| {
                let goes_on =
                    flow.deliver(&run.id)? && self.summary(&run.id)?.state == RunState::Interrupted;
                if goes_on {
                    self.take_up(&flow, &run.id, Intent::Attach)?;
                }
                Ok(())
            });
            match delivered {
                // What is applied is taken up by the next process.
                Ok(()) | Err(StartError::Draining) => {}
                Err(StartError::Book(
                    error @ (LogbookError::Io { .. } | LogbookError::Poisoned { .. }),
                )) => return Err(error),
                Err(error) => self.book.refuse(&letter, &error.to_string())?,
            }
        }
        Ok(())
    }
}
