//! How a runner starts a run: under which id, with which labels, and what if the id is taken.

use std::fmt;
use std::sync::Arc;

use super::registered::Registered;
use super::{Runner, RunnerHandle, Served};
use crate::flow::Given;
use crate::handle::{Intent, beginning, stored_plan};
use crate::logbook::{InvalidRunId, LogbookError, RunId, RunState};
use crate::run::StartError;

/// What becomes of a start whose id the logbook has already.
///
/// A run of that id which is under way is attached to, except by [`Refuse`](OnExisting::Refuse). One of
/// other inputs or of another flow is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnExisting {
    /// The run is attached to: one that was interrupted is taken up, and of one that has ended, or
    /// has failed and was kept, that is told. One that was set aside stays so.
    #[default]
    Attach,
    /// As [`Attach`](OnExisting::Attach); also, one that failed and was kept, could not be undone,
    /// or was suspended is gone on with.
    Continue,
    /// As [`Attach`](OnExisting::Attach) as long as the run is unfinished. After that, a new run
    /// begins under the id with a number behind it: `nightly+2` after `nightly`, then `nightly+3`.
    /// Its inputs may be others.
    Again,
    /// The start is refused with [`StartError::Exists`].
    Refuse,
}

/// A run that a [`Runner`] is about to start.
///
/// ```
/// use taskflow::runner::OnExisting;
/// use taskflow::{Logbook, Runner, Serial, StartError, flow, task};
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
/// let runner = Runner::new(Serial, Logbook::memory())
///     .register::<Double>(DoubleResources {})
///     .build();
/// let double = |number| runner.start::<Double>(DoubleInputs { number }).id("once");
/// // The same id with the same inputs is the same run.
/// assert_eq!(double(21).start()?.wait()?, 42);
/// assert_eq!(double(21).start()?.wait()?, 42);
/// assert_eq!(runner.book().runs()?.len(), 1);
/// // With other inputs it is refused.
/// assert!(matches!(double(22).start(), Err(StartError::OtherInputs(_))));
/// // Unless it is to be done again.
/// let again = double(22).on_existing(OnExisting::Again).start()?;
/// assert_eq!((again.id().as_ref(), again.wait()?), ("once+2", 44));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is started until `start` is called"]
pub struct Start<'r, F: Served> {
    runner: &'r Runner,
    inputs: F::Inputs,
    id: Option<Result<RunId, InvalidRunId>>,
    labels: Vec<(String, String)>,
    priority: i16,
    on_existing: OnExisting,
}

impl<'r, F: Served> Start<'r, F> {
    pub(super) fn new(runner: &'r Runner, inputs: F::Inputs) -> Self {
        Self {
            runner,
            inputs,
            id: None,
            labels: Vec::new(),
            priority: 0,
            on_existing: OnExisting::default(),
        }
    }

    /// The run of that id: what [`on_existing`](Start::on_existing) says if the logbook has it, and
    /// a new one if not. Without, the run gets an id of its own.
    ///
    /// An id is a [`RunId`] or a text of 1 to 64 ASCII characters; an invalid one is an error of
    /// [`start`](Start::start).
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

    /// Where the run stands among those that wait for a thread: before those of a lower priority,
    /// and after the earlier ones of its own. 0 unless this says otherwise.
    ///
    /// It is not recorded: runs that are taken up have priority 0.
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// What to do if the logbook has a run of that [`id`](Start::id);
    /// [`Attach`](OnExisting::Attach) unless this says otherwise.
    pub fn on_existing(mut self, on_existing: OnExisting) -> Self {
        self.on_existing = on_existing;
        self
    }

    /// Records the run and queues it. When this returns, the start is as durable as the logbook's
    /// policy says.
    ///
    /// # Errors
    ///
    /// If the runner was not given the flow, is full or drains; if the id is invalid, or belongs
    /// to other inputs or another flow; if the inputs cannot be stored; or if the logbook fails.
    pub fn start(self) -> Result<RunnerHandle<F>, StartError> {
        let shared = &self.runner.shared;
        let flow = shared.registered::<F>()?;
        let id = match self.id {
            None => RunId::random(),
            Some(id) => self.on_existing.id::<F>(self.runner, id?)?,
        };
        let given = flow.given(self.inputs);
        if shared.book.number(&id).is_some() {
            return attach(self.runner, flow, id, &given, self.on_existing);
        }
        let begin = beginning(&id, &given, self.labels)?;
        let queued = shared.pool.begin(&id, self.priority, || {
            let log = shared.book.begin(&begin, stored_plan::<F>)?;
            Ok(flow.clone().beginning(given.clone(), log))
        });
        match queued {
            Ok(ticket) => {
                shared.book.catch_up()?;
                Ok(RunnerHandle::new(shared.clone(), flow, id, Some(ticket)))
            }
            // Another thread was first.
            Err(StartError::Book(LogbookError::Exists { .. })) => {
                attach(self.runner, flow, id, &given, self.on_existing)
            }
            Err(error) => Err(error),
        }
    }
}

impl OnExisting {
    /// The id of the run that is started or attached to.
    fn id<F: Served>(self, runner: &Runner, id: RunId) -> Result<RunId, StartError> {
        if self != Self::Again {
            return Ok(id);
        }
        let mut last = id.clone();
        for number in 2_u64.. {
            match runner.book().run_summary(&last)? {
                Some(run) if run.flow != F::NAME => {
                    return Err(StartError::OtherFlow {
                        id: run.id,
                        flow: run.flow,
                        version: run.version,
                    });
                }
                Some(run) if !run.state.is_unfinished() => {
                    last = RunId::new(format!("{id}+{number}"))?;
                }
                Some(_) | None => break,
            }
        }
        Ok(last)
    }
}

/// A handle on a run that the logbook has, which is queued if it is to go on.
fn attach<F: Served>(
    runner: &Runner,
    flow: Arc<Registered<F>>,
    id: RunId,
    given: &Given<F>,
    on_existing: OnExisting,
) -> Result<RunnerHandle<F>, StartError> {
    if on_existing == OnExisting::Refuse {
        return Err(StartError::Exists(id));
    }
    let shared = &runner.shared;
    if flow.inputs(&id)? != given.inputs {
        return Err(StartError::OtherInputs(id));
    }
    let run = shared.summary(&id)?;
    let goes_on = on_existing == OnExisting::Continue;
    let intent = match run.state {
        RunState::Interrupted if shared.set_aside(&run).is_none() => Some(Intent::Attach),
        RunState::Failed | RunState::RevertFailed | RunState::Suspended if goes_on => {
            Some(Intent::GoOn)
        }
        _ => None,
    };
    let ticket = match intent {
        None => shared.pool.active(&id),
        Some(intent) => {
            let flow = shared.known(&run)?;
            flow.asked(&id)?;
            Some(shared.take_up(&flow, &id, intent)?)
        }
    };
    // Another thread may have begun it a moment ago.
    shared.book.catch_up()?;
    Ok(RunnerHandle::new(shared.clone(), flow, id, ticket))
}

impl<F: Served> fmt::Debug for Start<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("flow", &F::NAME)
            .field("id", &self.id)
            .field("labels", &self.labels)
            .field("priority", &self.priority)
            .field("on_existing", &self.on_existing)
            .finish_non_exhaustive()
    }
}
