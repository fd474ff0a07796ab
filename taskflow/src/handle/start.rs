//! How a run is started: under which id, with which labels, in which logbook.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::RunHandle;
use super::control::Intent;
use crate::engine::{Engine, Job, Output, Prepared};
use crate::flow::{Given, Identity, Opened, Runnable};
use crate::listen::{Change, Listener, Listeners};
use crate::logbook::{self, Begin, Bytes, EncodeError, InvalidRunId, Logbook, RunId, RunLog};
use crate::plan::StoredPlan;
use crate::run::{Run, StartError, on_failure_code};

/// A flow that is about to be run.
///
/// ```
/// use taskflow::{Logbook, Serial, flow, task};
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
/// let book = Logbook::memory();
/// let first = Double { number: 21 }.id("once").run(&Serial, &book)?;
/// // The id is taken, so the end of that run is told, and nothing runs.
/// let again = Double { number: 21 }.id("once").run(&Serial, &book)?;
/// assert_eq!((first, again), (42, 42));
/// // With other inputs it is refused.
/// assert!(Double { number: 22 }.id("once").run(&Serial, &book).is_err());
/// # Ok::<(), taskflow::RunError>(())
/// ```
#[must_use = "a run begins with `run`, `start` or `call`"]
pub struct Start<F> {
    flow: F,
    id: Option<Result<RunId, InvalidRunId>>,
    labels: Vec<(String, String)>,
    listeners: Listeners,
}

impl<F: Runnable> fmt::Debug for Start<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("flow", &self.flow.identity().name)
            .field("id", &self.id)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

impl<F: Runnable> Start<F> {
    /// A new run of `flow`.
    #[doc(hidden)]
    pub fn new(flow: F) -> Self {
        Self {
            flow,
            id: None,
            labels: Vec::new(),
            listeners: Listeners::default(),
        }
    }

    /// The run of that id: it is attached to if the logbook has it, and started if not.
    ///
    /// An id is a [`RunId`] or a text of 1 to 64 ASCII characters; an invalid one is an error of
    /// what follows.
    pub fn id<I>(mut self, id: I) -> Self
    where
        I: TryInto<RunId>,
        InvalidRunId: From<I::Error>,
    {
        self.id = Some(id.try_into().map_err(InvalidRunId::from));
        self
    }

    /// A label of the new run, by which it can be found.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// Tells `listener` what happens to the run while this process drives it; see
    /// [`listen`](crate::listen). Several can be attached.
    pub fn listen(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.add(listener);
        self
    }

    /// Runs the flow to its end.
    ///
    /// With the id of a run that the logbook has: waits for it if it is under way in this process,
    /// takes it up if it was interrupted, and otherwise tells how it ended. A task that runs the
    /// id of its own run waits for itself, without end.
    ///
    /// # Errors
    ///
    /// If a task fails, if a person's answer is needed, if the id belongs to other inputs or
    /// another flow, or if the logbook fails.
    pub fn run<'b, E>(self, engine: &'b E, book: &'b Logbook) -> E::Ran<'b>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
        F: 'b,
    {
        match self.begin(engine, book, Intent::Attach) {
            Ok((handle, Some(log))) => handle.drive_new(log),
            Ok((handle, None)) => handle.wait(),
            Err(error) => engine.drive(Job(Prepared::Ready(Err(error.into())))),
        }
    }

    /// Records the run and returns a handle, whose [`wait`](RunHandle::wait) drives it.
    ///
    /// When it returns, the start is as durable as the logbook's policy says.
    ///
    /// # Errors
    ///
    /// If the id belongs to other inputs or another flow, or if the logbook fails.
    pub fn start<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<RunHandle<'b, F, E>, StartError>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
    {
        self.begin_durably(engine, book, Intent::Attach)
    }

    /// Runs the flow to its end without a logbook: a crash loses it.
    ///
    /// # Errors
    ///
    /// If a task fails.
    pub fn call<'b, E>(self, engine: &'b E) -> E::Ran<'b>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
        F: 'b,
    {
        let flow = self.flow.identity();
        let Opened { steps, take } = F::open(Given::new(self.flow));
        let run = Run::new(steps, F::PLAN, flow, None, &self.listeners);
        engine.drive(Job(Prepared::Run {
            run,
            output: Output::Fresh(take),
        }))
    }

    /// The unfinished run of this flow and version with equal inputs, or else a new run; with an
    /// [`id`](Start::id), the run of that id, or else a new one.
    ///
    /// The handle's first [`wait`](RunHandle::wait) also goes on with a run that failed and was
    /// kept, and with one that could not be undone. Labels are those of a new run alone.
    ///
    /// # Errors
    ///
    /// If the id belongs to other inputs or another flow, if the run cannot be taken up, or if the
    /// logbook fails.
    pub fn continue_or_start<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<RunHandle<'b, F, E>, StartError>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
    {
        if self.id.is_some() {
            return self.begin_durably(engine, book, Intent::GoOn);
        }
        let given = Given::new(self.flow);
        let flow = given.identity;
        let alone = book.look_alone();
        for summary in book.unfinished(flow.name)?.into_iter().rev() {
            if summary.version == flow.version
                && recorded_inputs::<F>(book, &summary.id, flow)? == given.inputs
            {
                drop(alone);
                book.catch_up()?;
                let handle = RunHandle::attach(summary.id, given, engine, book, Intent::GoOn)?;
                return Ok(handle.heard_by(&self.listeners));
            }
        }
        let id = RunId::random();
        let log = begin(&id, &given, self.labels, book)?;
        drop(alone);
        log.append(&logbook::Batch::default())?.wait()?;
        drop(log);
        self.listeners.tell(&id, flow, [Change::RunStarted]);
        let handle = RunHandle::new(id, given, engine, book, Intent::Attach);
        Ok(handle.heard_by(&self.listeners))
    }

    /// A handle on the run, whose start is recorded.
    fn begin_durably<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
        if_there: Intent,
    ) -> Result<RunHandle<'b, F, E>, StartError>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
    {
        let (handle, log) = self.begin(engine, book, if_there)?;
        match log {
            Some(log) => {
                log.append(&logbook::Batch::default())?.wait()?;
                drop(log);
                handle.tell([Change::RunStarted]);
            }
            // Another thread may have begun it a moment ago.
            None => book.catch_up()?,
        }
        Ok(handle)
    }

    /// A handle on the run, with `if_there` for one that the logbook has, and the right to drive
    /// it if it is new.
    fn begin<'b, E>(
        self,
        engine: &'b E,
        book: &'b Logbook,
        if_there: Intent,
    ) -> Result<(RunHandle<'b, F, E>, Option<RunLog>), StartError>
    where
        E: ?Sized + Engine<F::Steps, F::Output>,
    {
        let given = Given::new(self.flow);
        let id = match self.id {
            None => RunId::random(),
            Some(id) => id?,
        };
        match begin(&id, &given, self.labels, book) {
            Ok(log) => {
                let handle = RunHandle::new(id, given, engine, book, Intent::Attach);
                Ok((handle.heard_by(&self.listeners), Some(log)))
            }
            Err(StartError::Book(logbook::LogbookError::Exists { .. })) => {
                if recorded_inputs::<F>(book, &id, given.identity)? != given.inputs {
                    return Err(StartError::OtherInputs(id));
                }
                let handle = RunHandle::attach(id, given, engine, book, if_there)?;
                Ok((handle.heard_by(&self.listeners), None))
            }
            Err(error) => Err(error),
        }
    }
}

/// Appends the records that begin a run; they are written with those that follow.
fn begin<F: Runnable>(
    id: &RunId,
    given: &Given<F>,
    labels: Vec<(String, String)>,
    book: &Logbook,
) -> Result<RunLog, StartError> {
    let begin = beginning(id, given, labels)?;
    Ok(book.begin(&begin, stored_plan::<F>)?)
}

/// The record that begins a run now.
pub(crate) fn beginning<F: Runnable>(
    id: &RunId,
    given: &Given<F>,
    labels: Vec<(String, String)>,
) -> Result<Begin, StartError> {
    let (plan, flow) = (F::PLAN, given.identity);
    let mut bytes = Vec::new();
    logbook::encode_checked(&given.inputs, &mut bytes).map_err(StartError::Inputs)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(Begin {
        id: id.clone(),
        flow: flow.name.to_owned(),
        version: flow.version,
        plan: plan.fingerprint(),
        on_failure: on_failure_code(plan.on_failure()),
        started_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        labels,
        inputs: Bytes(bytes),
    })
}

/// A flow's plan as a logbook keeps it.
pub(crate) fn stored_plan<F: Runnable>() -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    logbook::encode(&StoredPlan::of(F::PLAN), &mut bytes).map(|()| bytes)
}

/// The inputs that a run was started with.
pub(crate) fn recorded_inputs<F: Runnable>(
    book: &Logbook,
    id: &RunId,
    flow: Identity,
) -> Result<F::Inputs, StartError> {
    let begin = book
        .begun(id)?
        .ok_or_else(|| StartError::NoSuchRun(id.clone()))?;
    if begin.flow != flow.name || begin.version != flow.version {
        let (flow, version) = (begin.flow, begin.version);
        return Err(StartError::OtherFlow {
            id: id.clone(),
            flow,
            version,
        });
    }
    logbook::decode(&begin.inputs.0).map_err(|error| StartError::OldInputs {
        id: id.clone(),
        error,
    })
}
