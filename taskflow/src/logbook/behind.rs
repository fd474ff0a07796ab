//! Writing behind the runs: a thread that syncs a moment after something was appended, so that
//! nobody waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;
use std::{io, thread};

use super::book::Book;

/// How long the thread lets records gather before it writes them.
///
/// One sync takes about a tenth of that, so that the disk is idle for most of the time.
const GATHER: Duration = Duration::from_millis(1);

/// What a book has to say to its thread.
#[derive(Default)]
pub(super) struct Behind {
    /// Something was appended that the thread has not seen. It is there so that an append looks at
    /// one word as long as the thread is awake.
    pending: AtomicBool,
    /// The book is gone.
    closed: Mutex<bool>,
    changed: Condvar,
}

impl Behind {
    /// Starts the thread of a book, which ends with it.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread to give.
    pub(super) fn start(self: &Arc<Self>, book: Weak<Book>) -> io::Result<()> {
        let behind = self.clone();
        thread::Builder::new()
            .name("taskflow-logbook".to_owned())
            .spawn(move || behind.work(&book))
            .map(drop)
    }

    /// Something was appended.
    pub(super) fn note(&self) {
        // Relaxed: the thread finds what was appended under the lock of the book. A change of this
        // word that comes too late for it to see is seen by the one that comes after it.
        if !self.pending.swap(true, Ordering::Relaxed) {
            // With the lock, since the thread may be between its look and its sleep.
            let _closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
            self.changed.notify_one();
        }
    }

    /// The book is gone: the thread ends.
    pub(super) fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    fn work(&self, book: &Weak<Book>) {
        while self.wait() {
            thread::sleep(GATHER);
            // What is appended from here on may not be written this time.
            //
            // Relaxed: who found the word set has appended before the lock of the book is taken
            // here.
            self.pending.store(false, Ordering::Relaxed);
            let Some(book) = book.upgrade() else {
                return;
            };
            // The book keeps the failure for whoever appends or waits next.
            if book.catch_up().is_err() {
                return;
            }
        }
    }

    /// Returns once something was appended, or `false` if the book is gone.
    fn wait(&self) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        while !*closed && !self.pending.load(Ordering::Relaxed) {
            closed = self
                .changed
                .wait(closed)
                .unwrap_or_else(PoisonError::into_inner);
        }
        !*closed
    }
}
