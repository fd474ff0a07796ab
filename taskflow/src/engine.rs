//! What executes the atoms of a run: each engine is a short loop around the run.

mod any;
mod inline;
#[cfg(feature = "parallel")]
mod parallel;
mod serial;

pub use any::{AnyEngine, UnknownEngine};
#[cfg(feature = "parallel")]
pub use parallel::{Parallel, PoolError};
pub use serial::Serial;

use std::sync::Arc;

use crate::flow::Take;
use crate::run::{Finished, Run, RunError};

/// Something that runs flows whose code is a `D` and whose output is a `T`.
///
/// One writes `engine: &impl Engine<…>` rarely: the methods of a flow ask for it themselves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run this flow",
    label = "this engine moves values to other threads",
    note = "a flow marked `#[flow(local)]` keeps its values on one thread: run it with `Serial`"
)]
pub trait Engine<D: ?Sized, T> {
    /// What comes of driving a run: its result, or a future of it.
    type Ran<'b>
    where
        Self: 'b;

    /// Drives a run to its end.
    #[doc(hidden)]
    fn drive<'b>(&'b self, job: Job<'b, D, T>) -> Self::Ran<'b>;
}

/// A run to drive, and how its result is found.
#[doc(hidden)]
pub struct Job<'b, D: ?Sized, T>(pub(crate) Prepared<'b, D, T>);

// It is made once per run and moved twice.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Prepared<'b, D: ?Sized, T> {
    /// There is nothing to do: the run had ended, or cannot be taken up.
    Ready(Result<T, RunError>),
    Run {
        run: Run<D>,
        output: Output<'b, T>,
    },
}

impl<'b, D, T> Prepared<'b, D, T> {
    /// The same with the flow's code as an object.
    fn map<U: ?Sized>(self, object: impl FnOnce(Arc<D>) -> Arc<U>) -> Prepared<'b, U, T> {
        match self {
            Self::Ready(result) => Prepared::Ready(result),
            Self::Run { run, output } => Prepared::Run {
                run: run.map(object),
                output,
            },
        }
    }
}

/// How the result of a run is found when it is over.
pub(crate) enum Output<'b, T> {
    /// Of one whose values are all in this process: it is taken out of the flow's code.
    Fresh(Arc<dyn Take<T> + 'b>),
    /// Of one that was taken up.
    TakenUp(Box<dyn FnOnce(Finished) -> Result<T, RunError> + 'b>),
}

impl<T> Output<'_, T> {
    fn of(self, end: Finished) -> Result<T, RunError> {
        match self {
            Self::Fresh(code) => end.result(|| code.take()),
            Self::TakenUp(conclude) => conclude(end),
        }
    }
}

impl<D: ?Sized + crate::flow::Steps, T> Job<'_, D, T> {
    /// For engines that block: drives the run with `work`, which returns when it is over.
    fn block_on(self, work: impl FnOnce(&mut Run<D>)) -> Result<T, RunError> {
        match self.0 {
            Prepared::Ready(result) => result,
            Prepared::Run { mut run, output } => {
                work(&mut run);
                output.of(run.finish())
            }
        }
    }
}
