//! A flow that a runner was given, with its resources and the engine, whatever their types.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::engine::Engine;
use crate::flow::{Given, Identity, Parts, Runnable};
use crate::handle::{Intent, RunControl, RunHandle, recorded_inputs};
use crate::listen::{Change, Listeners};
use crate::logbook::{Logbook, RunId, RunLog};
use crate::run::{RunError, StartError};

/// A flow that a [`Runner`](crate::Runner) can drive: it borrows nothing, its inputs and resources
/// may go to other threads, and its resources can be cloned, once for each run.
///
/// Every flow is one that fulfils this; nobody implements it.
#[diagnostic::on_unimplemented(
    message = "a runner cannot drive `{Self}`",
    note = "a flow that a runner drives borrows nothing, its inputs and resources are `Send` and `Sync`, and its resources are `Clone`"
)]
pub trait Served:
    Parts + Runnable<Inputs: Send + Sync, Resources: Clone + Send + Sync> + 'static
{
}

impl<F> Served for F
where
    F: Parts + Runnable + 'static,
    F::Inputs: Send + Sync,
    F::Resources: Clone + Send + Sync,
{
}

/// An engine that a [`Runner`](crate::Runner) can drive runs of the flow `F` with: it blocks, and
/// several threads can use it at once.
///
/// Every engine is one that fulfils this; nobody implements it.
#[diagnostic::on_unimplemented(
    message = "a runner cannot drive `{F}` with `{Self}`",
    note = "the engine has to run that flow, to block until a run is over, and to be `Send` and `Sync`; a flow marked `#[flow(local)]` is run with `Serial`"
)]
pub trait Blocking<F: Served>:
    for<'b> Engine<F::Steps, F::Output, Ran<'b> = Result<F::Output, RunError>>
    + for<'b> Engine<F::Steps, (), Ran<'b> = Result<(), RunError>>
    + Send
    + Sync
    + 'static
{
}

#[diagnostic::do_not_recommend]
impl<F, E> Blocking<F> for E
where
    F: Served,
    E: for<'b> Engine<F::Steps, F::Output, Ran<'b> = Result<F::Output, RunError>>
        + for<'b> Engine<F::Steps, (), Ran<'b> = Result<(), RunError>>
        + Send
        + Sync
        + 'static,
{
}

/// Drives a run to where it stops, and says why if that is not a good end.
pub(super) type Job = Box<dyn FnOnce() -> Result<(), RunError> + Send>;

/// A flow with its resources and what it runs with.
pub(super) struct Registered<F: Served> {
    book: Logbook,
    resources: F::Resources,
    engine: Box<dyn Drives<F>>,
    /// Set when the runner is built.
    listeners: Arc<OnceLock<Listeners>>,
}

impl<F: Served> Registered<F> {
    pub(super) fn new(
        book: Logbook,
        engine: Arc<impl Blocking<F>>,
        resources: F::Resources,
        listeners: Arc<OnceLock<Listeners>>,
    ) -> Self {
        Self {
            book,
            resources,
            engine: Box::new(engine),
            listeners,
        }
    }

    fn listeners(&self) -> &Listeners {
        static NOBODY: Listeners = Listeners::NONE;
        self.listeners.get().unwrap_or(&NOBODY)
    }

    /// What drives a run whose beginning is appended and was not told.
    pub(super) fn telling_of(self: Arc<Self>, id: RunId) -> Job {
        Box::new(move || {
            self.book.catch_up().map_err(RunError::Book)?;
            let listeners = self.listeners();
            listeners.tell(&id, Identity::of::<F>(), [Change::RunStarted]);
            self.going_on(id, Intent::Attach)()
        })
    }

    /// What a run of these inputs is given.
    pub(super) fn given(&self, inputs: F::Inputs) -> Arc<Given<F>> {
        Arc::new(Given {
            identity: Identity::of::<F>(),
            inputs,
            resources: self.resources.clone(),
        })
    }

    /// The inputs that a run was started with.
    pub(super) fn inputs(&self, id: &RunId) -> Result<F::Inputs, StartError> {
        recorded_inputs::<F>(&self.book, id, Identity::of::<F>())
    }

    /// What drives a run that has begun just now.
    pub(super) fn beginning(self: Arc<Self>, given: Arc<Given<F>>, log: RunLog) -> Job {
        Box::new(move || {
            log.drive_here();
            self.engine.begin(&self.book, given, log, self.listeners())
        })
    }

    /// How a run that nobody drives has ended.
    pub(super) fn output(&self, id: &RunId) -> Result<F::Output, RunError> {
        self.engine.tell(&self.book, self.recorded(id)?, id)
    }

    /// What others may ask of a run.
    pub(super) fn control(&self, id: &RunId) -> Result<RunControl<F>, StartError> {
        let given = self.recorded(id)?;
        let control = RunControl::new(id.clone(), given, self.book.clone());
        Ok(control.heard_by(self.listeners()))
    }

    fn recorded(&self, id: &RunId) -> Result<Arc<Given<F>>, StartError> {
        Ok(self.given(self.inputs(id)?))
    }
}

/// A flow that a runner was given, for code that does not know which.
pub(super) trait Known: Send + Sync {
    /// The paths of the tasks of a run of which a person is asked, or why it cannot be taken up.
    fn asked(&self, id: &RunId) -> Result<Vec<String>, StartError>;

    /// What drives a run that is there.
    fn going_on(self: Arc<Self>, id: RunId, intent: Intent) -> Job;

    /// Applies what other processes ask of a run that nobody drives; whether anything was applied.
    fn deliver(&self, id: &RunId) -> Result<bool, StartError>;

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<F: Served> Known for Registered<F> {
    fn asked(&self, id: &RunId) -> Result<Vec<String>, StartError> {
        self.engine.asked(&self.book, self.recorded(id)?, id)
    }

    fn going_on(self: Arc<Self>, id: RunId, intent: Intent) -> Job {
        Box::new(move || {
            let given = self.recorded(&id)?;
            let listeners = self.listeners();
            self.engine.go_on(&self.book, given, id, intent, listeners)
        })
    }

    fn deliver(&self, id: &RunId) -> Result<bool, StartError> {
        Ok(self.control(id)?.deliver()?)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// An engine, for code that does not know which.
trait Drives<F: Served>: Send + Sync {
    fn begin(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        log: RunLog,
        listeners: &Listeners,
    ) -> Result<(), RunError>;

    fn go_on(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        id: RunId,
        intent: Intent,
        listeners: &Listeners,
    ) -> Result<(), RunError>;

    fn tell(&self, book: &Logbook, given: Arc<Given<F>>, id: &RunId)
    -> Result<F::Output, RunError>;

    fn asked(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        id: &RunId,
    ) -> Result<Vec<String>, StartError>;
}

impl<F: Served, E: Blocking<F>> Drives<F> for Arc<E> {
    fn begin(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        log: RunLog,
        listeners: &Listeners,
    ) -> Result<(), RunError> {
        let id = log.id().clone();
        let handle = RunHandle::new(id, given, &**self, book, Intent::Attach);
        handle.heard_by(listeners).drive_new(log).map(drop)
    }

    fn go_on(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        id: RunId,
        intent: Intent,
        listeners: &Listeners,
    ) -> Result<(), RunError> {
        let handle = RunHandle::attach(id, given, &**self, book, intent)?.heard_by(listeners);
        match intent {
            Intent::Revert => handle.revert(),
            Intent::Attach | Intent::GoOn => handle.wait().map(drop),
        }
    }

    fn tell(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        id: &RunId,
    ) -> Result<F::Output, RunError> {
        RunHandle::attach(id.clone(), given, &**self, book, Intent::Attach)?.wait()
    }

    fn asked(
        &self,
        book: &Logbook,
        given: Arc<Given<F>>,
        id: &RunId,
    ) -> Result<Vec<String>, StartError> {
        RunHandle::attach(id.clone(), given, &**self, book, Intent::Attach)?.asked()
    }
}
