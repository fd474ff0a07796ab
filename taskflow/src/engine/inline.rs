//! Engines run inline flows as what they can be seen to be: the type of such a flow's code is
//! known where it is run, and so is whether it may go to other threads.

use std::sync::Arc;

#[cfg(feature = "parallel")]
use super::Parallel;
use super::{AnyEngine, Engine, Job, Serial};
use crate::flow::{Inline, Local, Shared, Steps};
use crate::run::RunError;

impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for Serial
where
    Inline<'a, P, S, C, K>: Steps + 'a,
{
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Inline<'a, P, S, C, K>, T>) -> Result<T, RunError> {
        self.drive(job.map(|steps| steps as Arc<Local<'a>>))
    }
}

#[cfg(feature = "parallel")]
impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for Parallel
where
    Inline<'a, P, S, C, K>: Steps + Send + Sync + 'a,
{
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Inline<'a, P, S, C, K>, T>) -> Result<T, RunError> {
        self.drive(job.map(|steps| steps as Arc<Shared<'a>>))
    }
}

impl<'a, P, S, C, K, T> Engine<Inline<'a, P, S, C, K>, T> for AnyEngine
where
    Inline<'a, P, S, C, K>: Steps + Send + Sync + 'a,
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
