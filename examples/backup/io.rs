//! What all tasks of a run share: the wish to stop, and what a person sees of the work.

use std::io::{self, IsTerminal, Read, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::error::{Error, Result};

/// A resource of the flows: never stored, and given again when a run goes on.
pub struct Io {
    stop: AtomicBool,
    /// How many packs the processes before this one have done, until that is said.
    skipped: Mutex<Option<usize>>,
    view: View,
}

enum View {
    Bar(ProgressBar),
    Lines,
    #[cfg(test)]
    Nothing,
}

impl Io {
    /// A bar where standard error is a terminal, plain lines where it is not.
    pub fn stderr() -> Self {
        let view = if io::stderr().is_terminal() {
            let bar = ProgressBar::no_length();
            // The template is a constant: a mistake in it would show in the first run.
            if let Ok(style) = ProgressStyle::with_template(
                "{msg:>10} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            View::Bar(bar)
        } else {
            View::Lines
        };
        Self::with(view)
    }

    #[cfg(test)]
    pub fn quiet() -> Self {
        Self::with(View::Nothing)
    }

    fn with(view: View) -> Self {
        Self {
            stop: AtomicBool::new(false),
            skipped: Mutex::default(),
            view,
        }
    }

    /// Asks all tasks to end as soon as they can; says whether that was asked before.
    pub fn stop(&self) -> bool {
        // Relaxed, here and below: the flag carries no data with it.
        self.stop.swap(true, Ordering::Relaxed)
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// An error once a person has asked to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_stopped() {
            return Err(Error::Interrupted);
        }
        Ok(())
    }

    /// The run goes on, and so many packs are done.
    pub fn go_on(&self, skipped: usize) {
        *self.skipped() = Some(skipped);
    }

    fn skipped(&self) -> MutexGuard<'_, Option<usize>> {
        // A number is whole at any moment.
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the work on so many packs that begins, with its size in bytes, unless it has begun
    /// already.
    pub fn begin(&self, work: &'static str, packs: usize, total: impl FnOnce() -> u64) {
        if let Some(skipped) = self.skipped().take() {
            self.line(&format!(
                "going on with what was begun: skipped {skipped} of {packs} packs"
            ));
        }
        if let View::Bar(bar) = &self.view
            && bar.message() != work
        {
            bar.set_message(work);
            bar.set_length(total());
            bar.set_position(0);
        }
    }

    /// More bytes are done.
    pub fn advance(&self, bytes: usize) {
        if let View::Bar(bar) = &self.view {
            bar.inc(bytes as u64);
        }
    }

    /// Says something on standard error, above the bar where there is one.
    pub fn line(&self, line: &str) {
        // Unlike `eprintln!`, it goes on when nobody listens any more.
        let write = || drop(writeln!(io::stderr(), "{line}"));
        match &self.view {
            View::Bar(bar) => bar.suspend(write),
            View::Lines => write(),
            #[cfg(test)]
            View::Nothing => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let View::Bar(bar) = &self.view {
            bar.finish_and_clear();
        }
    }
}

/// A reader that shows its progress, and ends with an error once a person has asked to stop.
pub struct Paced<'a, R> {
    pub inner: R,
    pub io: &'a Io,
}

impl<R: Read> Read for Paced<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.io.check().map_err(io::Error::other)?;
        let read = self.inner.read(buffer)?;
        self.io.advance(read);
        Ok(read)
    }
}
