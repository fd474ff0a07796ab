//! The threads of a runner, and the runs that wait for one.
//!
//! A thread is there as long as a run needs it: it takes one run after the other, and ends when
//! none waits. So a runner that has nothing to do has no threads.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::registered::Job;
use crate::logbook::RunId;
use crate::run::{RunError, StartError, panicked};

/// Drives runs, as many at once as there may be, and the others after them.
pub(super) struct Pool {
    /// How many runs are driven at once.
    running_max: usize,
    /// How many may wait when a new one comes.
    queued_max: usize,
    state: Mutex<State>,
    /// Told when a run is over, and when nothing is queued any more.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The runs that are driven or wait for that.
    active: HashMap<RunId, Arc<Ticket>>,
    queue: BinaryHeap<Queued>,
    threads: usize,
    /// How many have been queued so far.
    count: u64,
    draining: bool,
}

/// A run that waits for a thread. The greatest is the next.
struct Queued {
    rank: (i16, Reverse<u64>),
    ticket: Arc<Ticket>,
    job: Job,
}

/// A run that is driven once: whoever holds it can wait for that.
pub(super) struct Ticket {
    id: RunId,
    progress: Mutex<Progress>,
    changed: Condvar,
}

enum Progress {
    Queued,
    On(ThreadId),
    Over(Result<(), RunError>),
}

impl Pool {
    pub(super) fn new(running_max: usize, queued_max: usize) -> Self {
        Self {
            running_max: running_max.max(1),
            queued_max,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Queues a run that `begin` begins, unless there is no room for it.
    ///
    /// Nobody else begins or queues one meanwhile, so that a run that is in the logbook is queued
    /// for all who look.
    pub(super) fn begin(
        self: &Arc<Self>,
        id: &RunId,
        priority: i16,
        begin: impl FnOnce() -> Result<Job, StartError>,
    ) -> Result<Arc<Ticket>, StartError> {
        let state = self.state();
        if state.draining {
            return Err(StartError::Draining);
        }
        if state.active.len() >= self.running_max.saturating_add(self.queued_max) {
            return Err(StartError::Full);
        }
        let job = begin()?;
        Ok(self.queue(state, id, priority, job))
    }

    /// Queues a run that is in the logbook, unless it is queued or driven already.
    pub(super) fn take_up(
        self: &Arc<Self>,
        id: &RunId,
        priority: i16,
        job: impl FnOnce() -> Job,
    ) -> Result<Arc<Ticket>, StartError> {
        let state = self.state();
        if let Some(ticket) = state.active.get(id) {
            return Ok(ticket.clone());
        }
        if state.draining {
            return Err(StartError::Draining);
        }
        Ok(self.queue(state, id, priority, job()))
    }

    /// A run that is queued or driven.
    pub(super) fn active(&self, id: &RunId) -> Option<Arc<Ticket>> {
        self.state().active.get(id).cloned()
    }

    /// From now on nothing is queued any more. Returns the runs that waited, which are let go.
    pub(super) fn close(&self) -> Vec<RunId> {
        let queued = {
            let mut state = self.state();
            state.draining = true;
            mem::take(&mut state.queue)
        };
        self.changed.notify_all();
        let mut left = Vec::new();
        for Queued { ticket, job, .. } in queued.into_sorted_vec().into_iter().rev() {
            drop(job);
            left.push(ticket.id.clone());
            self.end(&ticket, Err(StartError::Draining.into()));
        }
        left
    }

    /// Waits so long, or until nothing is queued any more; whether it has come to that.
    pub(super) fn wait_closed(&self, within: Duration) -> bool {
        let state = self.state();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, within, |state| !state.draining)
            .unwrap_or_else(PoisonError::into_inner);
        state.draining
    }

    /// Waits until no run is driven any more, and no longer than `within`. Returns the runs that
    /// still are.
    pub(super) fn wait_idle(&self, within: Duration) -> Vec<RunId> {
        let state = self.state();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, within, |state| !state.active.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.active.keys().cloned().collect()
    }

    /// Locks the state. No code of others runs under this lock, so that nothing is half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        id: &RunId,
        priority: i16,
        job: Job,
    ) -> Arc<Ticket> {
        let ticket = Arc::new(Ticket {
            id: id.clone(),
            progress: Mutex::new(Progress::Queued),
            changed: Condvar::new(),
        });
        state.count += 1;
        state.active.insert(id.clone(), ticket.clone());
        let rank = (priority, Reverse(state.count));
        state.queue.push(Queued {
            rank,
            ticket: ticket.clone(),
            job,
        });
        if state.threads == self.running_max {
            return ticket;
        }
        let pool = self.clone();
        let thread = thread::Builder::new().name("taskflow-run".to_owned());
        match thread.spawn(move || pool.work()) {
            Ok(_) => state.threads += 1,
            // Those that are there take what waits.
            Err(_) if state.threads > 0 => {}
            Err(error) => {
                let queued = mem::take(&mut state.queue);
                drop(state);
                let why = format!(
                    "is recorded, and no thread could be started to drive it ({error}); `resume` \
                     it when there is room for one"
                );
                for Queued { ticket, job, .. } in queued {
                    drop(job);
                    self.end(&ticket, Err(not_now(&ticket.id, why.clone()).into()));
                }
            }
        }
        ticket
    }

    fn work(&self) {
        while let Some(Queued { ticket, job, .. }) = self.next() {
            ticket.set(Progress::On(thread::current().id()));
            // What a panic may leave half changed is the run's own, which is dropped with it.
            let result = catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|payload| {
                let failure = panicked(payload);
                let why = format!(
                    "stopped at a panic outside of its tasks: {}; `resume` it",
                    failure.message()
                );
                Err(not_now(&ticket.id, why).into())
            });
            self.end(&ticket, result);
        }
    }

    /// The run to drive next; without one, the thread counts no more.
    fn next(&self) -> Option<Queued> {
        let mut state = self.state();
        let next = state.queue.pop();
        if next.is_none() {
            state.threads -= 1;
        }
        next
    }

    fn end(&self, ticket: &Ticket, result: Result<(), RunError>) {
        // First, so that who is told of the end can have the run taken up again.
        self.state().active.remove(&ticket.id);
        ticket.finish(result);
        self.changed.notify_all();
    }
}

impl Ticket {
    /// Waits until the run is not driven any more, at the latest until `deadline`. `None` if it
    /// still is then.
    ///
    /// A thread that drives the run is told that it cannot wait for itself.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Result<(), RunError>> {
        let mut progress = self.progress();
        loop {
            match &*progress {
                Progress::Over(result) => return Some(result.clone()),
                Progress::On(driver) if *driver == thread::current().id() => {
                    let why = "is under way on this very thread, which cannot wait for itself; \
                               wait in another thread, or outside of the run's own tasks";
                    return Some(Err(not_now(&self.id, why.to_owned()).into()));
                }
                Progress::Queued | Progress::On(_) => {}
            }
            let Some(deadline) = deadline else {
                progress = self
                    .changed
                    .wait(progress)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            (progress, _) = self
                .changed
                .wait_timeout(progress, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, progress: Progress) {
        *self.progress() = progress;
    }

    fn finish(&self, result: Result<(), RunError>) {
        self.set(Progress::Over(result));
        self.changed.notify_all();
    }
}

pub(super) fn not_now(id: &RunId, why: String) -> StartError {
    StartError::NotNow {
        id: id.clone(),
        why,
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Queued {}
