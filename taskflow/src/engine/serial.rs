//! The engine that does one thing after the other, on the thread that calls it.

use super::{Engine, Job};
use crate::flow::{Local, Shared, Steps};
use crate::run::{Run, RunError, Turn, Worker};

/// Runs one task at a time, in the order of definition, on the calling thread.
///
/// ```
/// use taskflow::{Serial, flow, task};
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
/// assert_eq!(Double { number: 21 }.call(&Serial)?, 42);
/// # Ok::<(), taskflow::RunError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Serial;

impl<'a, T> Engine<Shared<'a>, T> for Serial {
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Shared<'a>, T>) -> Result<T, RunError> {
        job.block_on(work_shared)
    }
}

impl<'a, T> Engine<Local<'a>, T> for Serial {
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Local<'a>, T>) -> Result<T, RunError> {
        job.block_on(work_local)
    }
}

// Neither is generic, so that both are compiled here, once, and not in every crate with a flow.
fn work_shared(run: &mut Run<Shared<'_>>) {
    work(run);
}

fn work_local(run: &mut Run<Local<'_>>) {
    work(run);
}

fn work<D: ?Sized + Steps>(run: &mut Run<D>) {
    let mut run = run.alone();
    let mut worker = Worker::new(run.stage);
    run.run_on(&mut worker);
    loop {
        match run.turn(&mut worker) {
            Turn::Work { .. } => run.perform(&mut worker),
            Turn::Over => return,
            Turn::Idle => run.wait(),
        }
    }
}
