//! Many runs in a service: started, taken up after a restart, watched and drained.

mod attention;
mod builder;
mod drain;
mod drop;
mod fork;
mod handle;
mod letters;
mod query;
mod recover;
mod start;

mod pool;
mod registered;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::letters::Postman;
use self::pool::Pool;
use self::registered::{Known, Registered};
use crate::handle::Intent;
use crate::logbook::{Logbook, RunId, RunState, RunSummary};
use crate::run::StartError;

pub use attention::{Attention, Listed};
pub use builder::RunnerBuilder;
pub use drain::Drained;
pub use handle::RunnerHandle;
pub use query::Query;
pub use recover::Recovery;
pub use registered::{Blocking, Served};
pub use start::{OnExisting, Start};

/// Drives the runs of a service, on threads of its own.
///
/// A runner owns an engine and a logbook, and knows flows with their resources. It starts runs by
/// their inputs, takes up what an earlier process left, lists runs, and lets them finish before a
/// shutdown. Clones are the same runner, and cheap.
///
/// Dropping it stops nothing: the runs that are under way go on, and hold the logbook until they
/// are over. [`drain`](Runner::drain) first.
///
/// ```
/// use std::time::Duration;
///
/// use taskflow::{Logbook, Runner, Serial, flow, task};
///
/// #[task]
/// fn price(order: &[u32]) -> u32 {
///     order.iter().sum()
/// }
///
/// flow! {
///     pub struct Checkout { order: Vec<u32> } -> u32
///     linear[price]
/// }
///
/// let runner = Runner::new(Serial, Logbook::memory())
///     .register::<Checkout>(CheckoutResources {})
///     .build();
/// // At start-up, what the process before this one left is taken up.
/// let recovery = runner.recover()?;
/// assert!(recovery.refused.is_empty());
///
/// let run = runner
///     .start::<Checkout>(CheckoutInputs { order: vec![30, 40] })
///     .id("order-17")
///     .label("tenant", "north")
///     .start()?;
/// assert_eq!(run.wait()?, 70);
///
/// let drained = runner.drain(Duration::from_secs(20));
/// assert!(drained.running.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Runner {
    shared: Arc<Shared>,
}

/// What the clones of a runner and its handles share.
struct Shared {
    book: Logbook,
    /// The flows by name and version.
    flows: HashMap<(&'static str, u32), Arc<dyn Known>>,
    pool: Arc<Pool>,
    resumes_max: u32,
    /// How long the ids of dropped runs count as used.
    retention: Duration,
    stuck_after: Option<Duration>,
    overdue_after: Option<Duration>,
    postman: Postman,
}

impl Runner {
    /// A runner that drives runs with `engine` and records them in `book`.
    #[allow(
        clippy::new_ret_no_self,
        reason = "it is complete once its flows are registered"
    )]
    pub fn new<E>(engine: E, book: Logbook) -> RunnerBuilder<E> {
        RunnerBuilder::new(engine, book)
    }

    /// The runner's logbook.
    #[must_use]
    pub fn book(&self) -> &Logbook {
        &self.shared.book
    }

    /// A new run of a flow with these inputs; how it is to be started can be said before it is.
    pub fn start<F: Served>(&self, inputs: F::Inputs) -> Start<'_, F> {
        Start::new(self, inputs)
    }

    /// The run of that id, or `None` if the logbook has none.
    ///
    /// # Errors
    ///
    /// If the run is one of another flow or version, if the runner was not given this one, or if
    /// the logbook fails.
    pub fn get<F: Served>(&self, id: &RunId) -> Result<Option<RunnerHandle<F>>, StartError> {
        let flow = self.shared.registered::<F>()?;
        let Some(run) = self.shared.book.run_summary(id)? else {
            return Ok(None);
        };
        if run.flow != F::NAME || run.version != F::VERSION {
            return Err(StartError::OtherFlow {
                id: run.id,
                flow: run.flow,
                version: run.version,
            });
        }
        let ticket = self.shared.pool.active(id);
        let shared = self.shared.clone();
        Ok(Some(RunnerHandle::new(shared, flow, run.id, ticket)))
    }

    /// Takes up the run of that id by hand, whatever its flow: one that was set aside, interrupted
    /// or suspended goes on, one that failed goes on from where it failed, and one that could not
    /// be undone is undone further. One that is under way or at its end is left alone.
    ///
    /// It is queued when this returns; [`get`](Runner::get) has a handle that waits for it.
    ///
    /// # Errors
    ///
    /// If there is no such run, if it cannot be taken up, or if the runner drains.
    pub fn resume(&self, id: &RunId) -> Result<(), StartError> {
        let run = self.shared.summary(id)?;
        if self.shared.is_under_way(&run) || !run.state.is_unfinished() {
            return Ok(());
        }
        let flow = self.shared.known(&run)?;
        flow.asked(id)?;
        self.shared.take_up(&flow, id, Intent::GoOn).map(drop)
    }
}

impl Shared {
    /// The flow `F`, if the runner was given it.
    fn registered<F: Served>(&self) -> Result<Arc<Registered<F>>, StartError> {
        let known = self.flows.get(&(F::NAME, F::VERSION));
        // Another flow may have the same name and version.
        known
            .and_then(|flow| flow.clone().into_any().downcast().ok())
            .ok_or_else(|| self.not_registered(F::NAME, F::VERSION))
    }

    /// The flow of a run, if the runner was given it.
    fn known(&self, run: &RunSummary) -> Result<Arc<dyn Known>, StartError> {
        let known = self.flows.get(&(run.flow.as_str(), run.version));
        known
            .cloned()
            .ok_or_else(|| self.not_registered(&run.flow, run.version))
    }

    fn not_registered(&self, flow: &str, version: u32) -> StartError {
        let same = self.flows.keys().filter(|(name, _)| *name == flow);
        let mut registered: Vec<u32> = same.map(|&(_, version)| version).collect();
        registered.sort_unstable();
        StartError::NotRegistered {
            flow: flow.to_owned(),
            version,
            registered,
        }
    }

    /// Queues a run that is in the logbook, unless it is under way in this runner.
    fn take_up(
        &self,
        flow: &Arc<dyn Known>,
        id: &RunId,
        intent: Intent,
    ) -> Result<Arc<pool::Ticket>, StartError> {
        let job = || flow.clone().going_on(id.clone(), intent);
        let run = self.book.run_summary(id)?;
        let priority = run.map_or(0, |run| run.priority);
        self.pool.take_up(id, priority, job)
    }

    /// What the logbook says of a run, where one that waits for a thread, or has not got to
    /// recording that it goes on, counts as running.
    fn summary(&self, id: &RunId) -> Result<RunSummary, StartError> {
        let run = self.book.run_summary(id)?;
        let run = run.ok_or_else(|| StartError::NoSuchRun(id.clone()))?;
        Ok(self.seen(run))
    }

    fn seen(&self, mut run: RunSummary) -> RunSummary {
        let rests = matches!(
            run.state,
            RunState::Interrupted | RunState::Suspended | RunState::Failed | RunState::RevertFailed
        );
        if rests && self.pool.active(&run.id).is_some() {
            run.state = RunState::Running;
        }
        run
    }

    fn is_under_way(&self, run: &RunSummary) -> bool {
        self.pool.active(&run.id).is_some() || self.book.is_driven(&run.id)
    }

    /// How often an interrupted run was taken up since anything last came of it, if that is too
    /// often for taking it up by itself.
    fn set_aside(&self, run: &RunSummary) -> Option<u32> {
        let resumes = self.book.fruitless_resumes(&run.id);
        (run.state == RunState::Interrupted && resumes >= self.resumes_max).then_some(resumes)
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flows: Vec<_> = self.shared.flows.keys().collect();
        flows.sort_unstable();
        f.debug_struct("Runner")
            .field("book", &self.shared.book)
            .field("flows", &flows)
            .finish_non_exhaustive()
    }
}
