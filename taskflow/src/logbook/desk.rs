//! Where a run that is under way is asked for something, by others of its process.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::letter::Ask;

/// What is asked of a run, and where the answer goes.
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    /// `Ok` once what was asked is recorded, or why it cannot be.
    pub(crate) answer: Sender<Result<(), String>>,
}

/// Where the answer to a request comes from.
pub(crate) enum Reply {
    From(Receiver<Result<(), String>>),
    /// A task of the run itself asks, and cannot wait for the answer.
    Inside,
    /// Nobody takes requests: the driver is about to go, or only notes something down.
    Closed,
    /// The same, and it is this very thread that is about to go.
    ClosedInside,
}

thread_local! {
    /// The desk of the run whose tasks this thread calls, or 0.
    static AT: Cell<usize> = const { Cell::new(0) };
}

/// A thread that calls tasks of a run.
pub(crate) struct At(usize);

impl Drop for At {
    fn drop(&mut self) {
        AT.set(self.0);
    }
}

/// The requests for one run; its driver takes them, and answers each.
pub(crate) struct Desk {
    asked: Mutex<Requests>,
    changed: Condvar,
    /// Whether there are any, for a driver that looks often.
    busy: AtomicBool,
    /// Whether the run has nothing to do but to wait for something from outside.
    waits: AtomicBool,
    /// When the driver took the run up.
    begun: Instant,
    /// When something was last recorded of it since, in milliseconds after that.
    recorded_ms: AtomicU64,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            asked: Mutex::default(),
            changed: Condvar::new(),
            busy: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            begun: Instant::now(),
            recorded_ms: AtomicU64::new(0),
        }
    }
}

#[derive(Default)]
struct Requests {
    waiting: VecDeque<Asked>,
    closed: bool,
}

impl Desk {
    /// Something is recorded of the run.
    #[inline]
    pub(super) fn note_record(&self) {
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Relaxed: nothing is read because of it.
        self.recorded_ms.store(ms, Ordering::Relaxed);
    }

    /// How long nothing has been recorded of the run.
    pub(super) fn silence(&self) -> Duration {
        // Relaxed: as where it is stored.
        let recorded = Duration::from_millis(self.recorded_ms.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(recorded)
    }

    /// The desk of somebody who holds a run for a moment and takes no requests.
    pub(super) fn closed() -> Self {
        let closed = Requests {
            closed: true,
            ..Requests::default()
        };
        Self {
            asked: Mutex::new(closed),
            ..Self::default()
        }
    }

    /// Leaves a request. Nothing is ever received if the driver fails before it has taken it, nor
    /// by a task of the run itself, which would wait for itself.
    pub(super) fn ask(&self, ask: Ask) -> Reply {
        let inside = AT.get() == self.address();
        let (answer, receiver) = channel();
        {
            let mut asked = self.lock();
            match (asked.closed, inside) {
                (true, true) => return Reply::ClosedInside,
                (true, false) => return Reply::Closed,
                (false, _) => asked.waiting.push_back(Asked { ask, answer }),
            }
        }
        // Release: who sees the flag finds the request.
        self.busy.store(true, Ordering::Release);
        self.changed.notify_all();
        if inside {
            Reply::Inside
        } else {
            Reply::From(receiver)
        }
    }

    /// Takes no more requests, unless there is one to be taken first.
    pub(crate) fn close(&self) -> bool {
        let mut asked = self.lock();
        asked.closed |= asked.waiting.is_empty();
        asked.closed
    }

    /// This thread calls tasks of the run until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> At {
        At(AT.replace(self.address()))
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Takes the requests.
    pub(crate) fn take(&self) -> VecDeque<Asked> {
        if !self.is_busy() {
            return VecDeque::new();
        }
        let mut asked = self.lock();
        // Relaxed: under the lock that every request is put in under.
        self.busy.store(false, Ordering::Relaxed);
        std::mem::take(&mut asked.waiting)
    }

    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        // Acquire: pairs with the store of who asks.
        self.busy.load(Ordering::Acquire)
    }

    /// Returns when something is asked, or after so long.
    pub(crate) fn wait(&self, timeout: Duration) {
        let asked = self.lock();
        if asked.waiting.is_empty() {
            let waited = self.changed.wait_timeout(asked, timeout);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Says whether the run has nothing to do but to wait.
    pub(crate) fn set_waits(&self, waits: bool) {
        // Relaxed: it is for listings alone.
        self.waits.store(waits, Ordering::Relaxed);
    }

    pub(super) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        // A request is put in and taken out whole.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
