//! Places at which a process stops so that it can be killed exactly there.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Counts the places that the process passes, and stops for ever at one of them.
///
/// Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Points(Arc<Counter>);

#[derive(Debug, Default)]
struct Counter {
    passed: AtomicU64,
    /// Where to stop, from 1; 0 to stop nowhere.
    stop: u64,
}

impl Points {
    /// Stops at the `stop`-th place, from 1; 0 stops nowhere.
    #[must_use]
    pub fn stop_at(stop: u64) -> Points {
        Points(Arc::new(Counter {
            passed: AtomicU64::new(0),
            stop,
        }))
    }

    /// Passes a place. If it is the one to stop at, says so on the standard output and stays.
    ///
    /// # Errors
    ///
    /// If nobody reads the standard output.
    pub fn pass(&self, place: &str) -> io::Result<()> {
        // Relaxed: the count alone matters.
        if self.0.passed.fetch_add(1, Ordering::Relaxed) + 1 != self.0.stop {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        writeln!(out, "stopped {place}")?;
        out.flush()?;
        drop(out);
        loop {
            thread::park();
        }
    }
}
