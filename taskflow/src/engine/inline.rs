//! Engines run inline flows as what they can be seen to be: the type of such a flow's code is
//! known where it is run, and so is whether it may go to other threads.

use std::sync::Arc;

#[cfg(feature = "parallel")]
use super::Parallel;
use super::{AnyEngine, Engine, Job, Serial};
use crate::flow::{Inline, Local, Op, Shared, Step, Steps};
use crate::run::RunError;

impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for Serial
where
    P: 'a,
    S: 'a,
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step + 'a,
    K: 'a,
{
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Inline<'a, P, S, C, K>, T>) -> Result<T, RunError> {
        self.drive(job.map(|steps| steps as Arc<Local<'a>>))
    }
}

#[cfg(feature = "parallel")]
impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for Parallel
where
    P: 'a,
    S: Send + Sync + 'a,
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step + Send + Sync + 'a,
    K: Send + Sync + 'a,
{
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Inline<'a, P, S, C, K>, T>) -> Result<T, RunError> {
        self.drive(job.map(|steps| steps as Arc<Shared<'a>>))
    }
}

impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for AnyEngine
where
    P: 'a,
    S: Send + Sync + 'a,
    C: Fn(&S, u32, &[u32], Op<'_>) -> Step + Send + Sync + 'a,
    K: Send + Sync + 'a,
{
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Inline<'a, P, S, C, K>, T>) -> Result<T, RunError> {
        self.drive(job.map(|steps| steps as Arc<Shared<'a>>))
    }
}

impl<'b, D, T> Job<'b, D, T> {
    /// The same job, with the flow's code as an object.
    fn map<U: ?Sized + Steps>(self, object: impl FnOnce(Arc<D>) -> Arc<U>) -> Job<'b, U, T> {
        Job(self.0.map(object))
    }
}
