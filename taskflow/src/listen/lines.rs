//! Events as lines that a person reads.

use std::fmt;
use std::io::{self, Stderr, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::utc::Utc;
use super::{Listener, RunEvent};

/// Writes a line for each event, with the time in UTC:
///
/// ```text
/// 2026-11-24T08:08:36.123Z checkout order-17: charge started
/// 2026-11-24T08:08:36.548Z checkout order-17: charge failed: card declined: limit reached
/// ```
///
/// Each line is written and flushed as a whole. A line that cannot be written is lost, and the run
/// does not care. Clones write to the same place, so that several runs can share it.
///
/// ```
/// use taskflow::{Lines, Logbook, Serial, flow, task};
///
/// #[task]
/// fn double(number: u32) -> u32 {
///     number * 2
/// }
///
/// flow! {
///     pub struct Double { number: u32 } -> u32
///     linear[double]
/// }
///
/// Double { number: 21 }
///     .listen(Lines::stderr())
///     .run(&Serial, &Logbook::memory())?;
/// # Ok::<(), taskflow::RunError>(())
/// ```
pub struct Lines<W> {
    to: Arc<Mutex<W>>,
}

impl<W: Write + Send> Lines<W> {
    /// Lines that are written to `to`.
    pub fn new(to: W) -> Self {
        Self {
            to: Arc::new(Mutex::new(to)),
        }
    }
}

impl Lines<Stderr> {
    /// Lines on the standard error of the process.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(io::stderr())
    }
}

impl<W: Write + Send> Listener for Lines<W> {
    fn on(&self, event: &RunEvent) {
        // A failure may have a text of many lines, and the text of a user.
        let text = format!("{event:#}").replace('\n', "\n    ");
        let line = format!("{} {text}\n", Utc(event.time()));
        // A panic of the writer leaves at worst a part of a line.
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        let written = to.write_all(line.as_bytes()).and_then(|()| to.flush());
        // There is nobody to tell: the run is not concerned.
        drop(written);
    }
}

impl<W> Clone for Lines<W> {
    fn clone(&self) -> Self {
        Self {
            to: self.to.clone(),
        }
    }
}

impl<W> fmt::Debug for Lines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}
