//! The listeners of a run that is driven, and the events that are not told yet.
//!
//! Events are noted in the order of their records, by whoever appends these, and told in that order
//! once they are recorded. As the logbook is in order, waiting for one record is waiting for all
//! before it: so the number of the last event that is recorded says it of the others.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use super::event::About;
use super::{Change, Listener, Listeners, RunEvent};
use crate::flow::Identity;
use crate::logbook::RunId;

/// Those who listen to a run while it is driven.
pub(crate) struct Audience {
    about: Arc<About>,
    ears: Vec<Ear>,
    queue: Mutex<Queue>,
    /// Signals that a thread has told what it wanted to.
    changed: Condvar,
}

struct Ear {
    listener: Arc<dyn Listener>,
    /// It panicked, and is told nothing more.
    deaf: AtomicBool,
}

/// Events are numbered from 1 in the order in which they are noted.
#[derive(Default)]
struct Queue {
    /// Those that are not told, in order.
    events: VecDeque<RunEvent>,
    /// The number of the last event.
    noted: u64,
    /// The number of the last event that is recorded.
    recorded: u64,
    /// The number of the last event that is told.
    told: u64,
    /// Who calls the listeners just now.
    teller: Option<ThreadId>,
}

impl Audience {
    /// Nothing if nobody listens.
    pub(crate) fn new(
        listeners: &Listeners,
        run: impl FnOnce() -> RunId,
        flow: Identity,
    ) -> Option<Self> {
        if listeners.0.is_empty() {
            return None;
        }
        let ears = listeners.0.iter().map(|listener| Ear {
            listener: listener.clone(),
            deaf: AtomicBool::new(false),
        });
        Some(Self {
            about: Arc::new(About { run: run(), flow }),
            ears: ears.collect(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Appends the records of the changes and notes them; says which number the last one has.
    /// Nothing is noted if nothing is appended.
    ///
    /// Both under one lock, so that the order of the events is that of the records.
    pub(crate) fn note<T, E>(
        &self,
        changes: impl IntoIterator<Item = Change>,
        append: impl FnOnce() -> Result<T, E>,
    ) -> Result<(T, u64), E> {
        let mut queue = self.queue();
        let appended = append()?;
        let time = SystemTime::now();
        for change in changes {
            queue.noted += 1;
            queue.events.push_back(RunEvent {
                about: self.about.clone(),
                time,
                change,
            });
        }
        Ok((appended, queue.noted))
    }

    /// Notes changes that have been recorded, or that nobody records.
    pub(crate) fn note_recorded(&self, changes: impl IntoIterator<Item = Change>) {
        let noted: Result<_, std::convert::Infallible> = self.note(changes, || Ok(()));
        let Ok(((), noted)) = noted;
        self.acknowledge(noted);
    }

    /// The events up to this number are recorded.
    pub(crate) fn acknowledge(&self, noted: u64) {
        let mut queue = self.queue();
        queue.recorded = queue.recorded.max(noted);
    }

    /// Returns when everything is told that is recorded by now.
    ///
    /// Called by a listener, it returns at once: what is left is told when that returns.
    pub(crate) fn tell(&self) {
        let mut queue = self.queue();
        let recorded = queue.recorded;
        while queue.told < recorded {
            let this = thread::current().id();
            match queue.teller {
                Some(teller) if teller == this => return,
                Some(_) => {
                    let waited = self.changed.wait(queue);
                    queue = waited.unwrap_or_else(PoisonError::into_inner);
                }
                None => {
                    queue.teller = Some(this);
                    queue = self.tell_until(queue, recorded);
                    queue.teller = None;
                    self.changed.notify_all();
                }
            }
        }
    }

    fn tell_until<'q>(
        &'q self,
        mut queue: MutexGuard<'q, Queue>,
        recorded: u64,
    ) -> MutexGuard<'q, Queue> {
        while queue.told < recorded
            && let Some(event) = queue.events.pop_front()
        {
            drop(queue);
            for ear in &self.ears {
                ear.hear(&event);
            }
            queue = self.queue();
            queue.told += 1;
        }
        queue
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No listener is called under the lock, so that nothing is left half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ear {
    fn hear(&self, event: &RunEvent) {
        // Relaxed: who calls has the teller's turn, which the queue's lock hands on.
        if self.deaf.load(Ordering::Relaxed) {
            return;
        }
        // What a panic leaves half changed is the listener's own, and it is not called again.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.listener.on(event))) {
            self.deaf.store(true, Ordering::Relaxed);
            // A payload may be of any type, and one whose drop panics would get out of here.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
        }
    }
}

impl std::fmt::Debug for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audience")
            .field("run", &self.about.run)
            .field("listeners", &self.ears.len())
            .finish_non_exhaustive()
    }
}
