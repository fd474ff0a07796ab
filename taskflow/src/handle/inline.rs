//! Using an inline flow: the methods that the struct of another one has, where there is no struct.

use super::{RunHandle, Start};
use crate::engine::Engine;
use crate::flow::{InlineFlow, Make, NamedFlow, Written};
use crate::listen::Listener;
use crate::logbook::{InvalidRunId, Logbook, LogbookError, RunId, RunSummary};
use crate::run::{RunError, StartError};

/// What an inline flow results in.
type Output<M> = <<M as Make>::Code as Written>::Output;

impl<M> InlineFlow<M>
where
    M: Make,
{
    /// Runs the flow to its end without a logbook: a crash loses it.
    ///
    /// [`Serial`](crate::Serial) runs any flow; the other engines those whose variables and results
    /// may go to other threads.
    ///
    /// # Errors
    ///
    /// If a task fails.
    pub fn call<'b, E>(self, engine: &'b E) -> E::Ran<'b>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
        Self: 'b,
    {
        Start::new(self.unrecorded()).call(engine)
    }

    /// Never compiles: a flow needs a name to be recorded.
    #[doc(hidden)]
    pub fn run<E: ?Sized>(self, _engine: &E, _book: &Logbook) -> Result<Output<M>, RunError>
    where
        Self: Recorded,
    {
        unreachable!("no flow without a name is `Recorded`")
    }
}

/// No type implements it: it stands for a message.
#[diagnostic::on_unimplemented(
    message = "a flow without a name cannot be recorded; give it one with `flow![…].named(\"…\")`, or run it without a logbook with `call`",
    label = "this flow has no name"
)]
pub trait Recorded {}

impl<M> NamedFlow<M>
where
    M: Make,
{
    /// Runs the flow to its end, as a new run with an id of its own.
    ///
    /// # Errors
    ///
    /// If a task fails, if a person's answer is needed, or if the logbook fails.
    pub fn run<'b, E>(self, engine: &'b E, book: &'b Logbook) -> E::Ran<'b>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
        Self: 'b,
    {
        Start::new(self).run(engine, book)
    }

    /// Runs the flow to its end without a logbook: a crash loses it.
    ///
    /// # Errors
    ///
    /// If a task fails.
    pub fn call<'b, E>(self, engine: &'b E) -> E::Ran<'b>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
        Self: 'b,
    {
        Start::new(self).call(engine)
    }

    /// The run of that id: it is attached to if the logbook has it, and started if not.
    ///
    /// An id is a [`RunId`] or a text of 1 to 64 ASCII characters; an invalid one is an error of
    /// what follows.
    pub fn id<I>(self, id: I) -> Start<Self>
    where
        I: TryInto<RunId>,
        InvalidRunId: From<I::Error>,
    {
        Start::new(self).id(id)
    }

    /// A label of the new run, by which it can be found.
    pub fn label(self, key: impl Into<String>, value: impl Into<String>) -> Start<Self> {
        Start::new(self).label(key, value)
    }

    /// Tells `listener` what happens to the new run; see [`listen`](crate::listen).
    pub fn listen(self, listener: impl Listener + 'static) -> Start<Self> {
        Start::new(self).listen(listener)
    }

    /// Records a new run with an id of its own and returns a handle, whose
    /// [`wait`](RunHandle::wait) drives it.
    ///
    /// When it returns, the start is as durable as the logbook's policy says.
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn start<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<RunHandle<'b, Self, E>, StartError>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
    {
        Start::new(self).start(engine, book)
    }

    /// The unfinished run of this name and version, or else a new run: what a program calls that
    /// is started again until it succeeds.
    ///
    /// The handle's first [`wait`](RunHandle::wait) also goes on with a run that failed and was
    /// kept, and with one that could not be undone.
    ///
    /// # Errors
    ///
    /// If the run cannot be taken up, or if the logbook fails.
    pub fn continue_or_start<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<RunHandle<'b, Self, E>, StartError>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
    {
        Start::new(self).continue_or_start(engine, book)
    }

    /// Takes up the run of that id, with this flow's variables: one that was interrupted goes on,
    /// one that failed and was kept goes on from where it failed, one that could not be undone is
    /// undone further, and of one that has ended the end is told.
    ///
    /// # Errors
    ///
    /// If there is no such run, if it is one of another flow or plan, or if the logbook fails.
    pub fn resume<'b, E>(
        self,
        id: &RunId,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<RunHandle<'b, Self, E>, StartError>
    where
        E: ?Sized + Engine<M::Code, Output<M>>,
    {
        let (make, identity) = self.parts();
        RunHandle::take_up(id, identity, make, engine, book)
    }

    /// The runs of this name that are not finished, oldest first.
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn unfinished(&self, book: &Logbook) -> Result<Vec<RunSummary>, LogbookError> {
        book.unfinished(self.name())
    }
}
