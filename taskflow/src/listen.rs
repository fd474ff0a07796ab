//! What happens to runs, told to those who listen: every change of a run's state as an event, once
//! it is recorded.
//!
//! A [`Listener`] is attached to a run with `listen`, before it is started or waited for, or to a
//! [`Runner`](crate::Runner) for all its runs. It is not attached to a logbook or to an engine:
//! these know nothing of flows, and a service that wants one listener for everything has a runner.
//!
//! - **When.** An event is told after its record is as durable as the logbook's policy says, and
//!   never if that fails: nothing is told that is not in the logbook. A task is not called before
//!   its start is told. A run without a logbook tells its events at once.
//! - **In which order.** In that of the records, whatever the number of threads, and one at a time.
//! - **By whom.** By the thread that works at the run, before it goes on; a slow listener makes the
//!   run slow. A listener must not wait for its own run, nor for other work of the pool that the
//!   run's threads are taken from.
//! - **By which process.** By the one that drives the run, or applies a request to it. Who attaches
//!   to a run that another thread drives hears nothing of it. After a crash, events of the first
//!   process are not told again.
//! - **A listener that panics** disturbs nothing: the panic is caught, the panic hook reports it,
//!   and that listener is not called again for the run while this process drives it.
//!
//! ```
//! use taskflow::listen::{Change, RunEvent};
//! use taskflow::{Capture, Logbook, Serial, flow, task};
//!
//! #[task]
//! fn double(number: u32) -> u32 {
//!     number * 2
//! }
//!
//! flow! {
//!     pub struct Double { number: u32 } -> u32
//!     linear[double]
//! }
//!
//! let capture = Capture::new();
//! let run = Double { number: 21 }
//!     .listen(capture.clone())
//!     .listen(|event: &RunEvent| {
//!         if let Change::TaskFailed { task, failure, .. } = event.change() {
//!             eprintln!("{task} of run {} failed: {failure}", event.run());
//!         }
//!     });
//! assert_eq!(run.run(&Serial, &Logbook::memory())?, 42);
//! assert_eq!(
//!     capture.take(),
//!     ["run started", "double started", "double done", "run succeeded"],
//! );
//! # Ok::<(), taskflow::RunError>(())
//! ```

mod event;
mod path;
mod words;

mod audience;

mod capture;
mod lines;
mod utc;

use std::fmt;
use std::sync::Arc;

use crate::flow::Identity;
use crate::logbook::RunId;

pub(crate) use audience::Audience;
pub use capture::Capture;
pub use event::{Change, Decision, GroupKind, RunEvent, RunRequest, Wait};
pub use lines::Lines;
pub use path::AtomPath;

/// Something that is told what happens to a run; see the [module](self) for when and by whom.
///
/// A closure is one, if the type of its parameter is written: `|event: &RunEvent| …`.
pub trait Listener: Send + Sync {
    /// Takes an event.
    fn on(&self, event: &RunEvent);
}

impl<F: Fn(&RunEvent) + Send + Sync> Listener for F {
    fn on(&self, event: &RunEvent) {
        self(event);
    }
}

/// Those who listen to a run, before it is driven.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Vec<Arc<dyn Listener>>);

impl Listeners {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) fn add(&mut self, listener: impl Listener + 'static) {
        self.0.push(Arc::new(listener));
    }

    /// Tells what is recorded of a run that nobody drives.
    pub(crate) fn tell(
        &self,
        run: &RunId,
        flow: Identity,
        changes: impl IntoIterator<Item = Change>,
    ) {
        if let Some(audience) = Audience::new(self, || run.clone(), flow) {
            audience.note_recorded(changes);
            audience.tell();
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} listeners", self.0.len())
    }
}
