//! What a runner is given before it drives anything.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::letters::Postman;
use super::pool::Pool;
use super::registered::{Known, Registered};
use super::{Blocking, Runner, Served, Shared};
use crate::listen::{Listener, Listeners};
use crate::logbook::Logbook;

/// How many runs are driven at once unless it is said: enough for runs that wait for others most
/// of the time, and few enough for a small machine, as each takes a thread.
const RUNNING_MAX: usize = 64;

/// How often a run is taken up without anything coming of it unless it is said.
const RESUMES_MAX: u32 = 3;

/// How long the ids of dropped runs count as used unless it is said: longer than who starts a run
/// under an id of its own tries again.
const RETENTION: Duration = Duration::from_hours(7 * 24);

/// A [`Runner`] that is being put together; [`Runner::new`] makes one.
#[must_use = "nothing is driven until `build` is called"]
pub struct RunnerBuilder<E> {
    engine: Arc<E>,
    book: Logbook,
    flows: HashMap<(&'static str, u32), Arc<dyn Known>>,
    running_max: usize,
    queued_max: usize,
    resumes_max: u32,
    retention: Duration,
    stuck_after: Option<Duration>,
    overdue_after: Option<Duration>,
    listeners: Listeners,
    /// Where the flows find the listeners when all are known.
    heard: Arc<OnceLock<Listeners>>,
}

impl<E> RunnerBuilder<E> {
    pub(super) fn new(engine: E, book: Logbook) -> Self {
        Self {
            engine: Arc::new(engine),
            book,
            flows: HashMap::new(),
            running_max: RUNNING_MAX,
            queued_max: usize::MAX,
            resumes_max: RESUMES_MAX,
            retention: RETENTION,
            stuck_after: None,
            overdue_after: None,
            listeners: Listeners::default(),
            heard: Arc::default(),
        }
    }

    /// Has the runner drive runs of the flow `F`, each with a clone of these resources.
    ///
    /// Several versions of a flow can be registered, so that runs of the last release go on with
    /// the flow that they began with. Of two flows of one name and version the later one counts.
    pub fn register<F: Served>(mut self, resources: F::Resources) -> Self
    where
        E: Blocking<F>,
    {
        let flow: Registered<F> = Registered::new(
            self.book.clone(),
            self.engine.clone(),
            resources,
            self.heard.clone(),
        );
        self.flows.insert((F::NAME, F::VERSION), Arc::new(flow));
        self
    }

    /// How many runs are driven at once; 64 unless this says otherwise, and at least 1.
    ///
    /// Each takes a thread as long as it is under way; the others wait until one is over. How many
    /// tasks of a run are at work at once is the engine's affair. A task that waits for another
    /// run keeps its thread: with too few of them, each could wait for a run that has none.
    pub fn max_running(mut self, runs: usize) -> Self {
        self.running_max = runs;
        self
    }

    /// How many runs may wait for others when a new one is started; more are refused with
    /// [`StartError::Full`](crate::StartError::Full). Any number unless this says otherwise.
    ///
    /// Runs that are taken up are never refused for this.
    pub fn max_queued(mut self, runs: usize) -> Self {
        self.queued_max = runs;
        self
    }

    /// How often a run is taken up by itself without any of its tasks ending, well or not; 3 unless
    /// this says otherwise.
    ///
    /// Such a run is likely to be what ends the process. It is set aside then: it stays
    /// `Interrupted`, [`Runner::recover`] reports it, and [`Runner::resume`] takes it up by hand.
    /// Runs that are under way beside one that ends the process at once are hit as well.
    pub fn max_resumes(mut self, times: u32) -> Self {
        self.resumes_max = times;
        self
    }

    /// How long the ids of runs that are [dropped](Runner::drop_finished) count as used: a start with
    /// such an id is refused with [`StartError::Dropped`](crate::StartError::Dropped). 7 days unless
    /// this says otherwise.
    pub fn retention(mut self, ids: Duration) -> Self {
        self.retention = ids;
        self
    }

    /// From when on a run counts as [stuck](crate::runner::Attention::Stuck): it is under way, and
    /// nothing of it was recorded for so long. None does unless this says so.
    ///
    /// A task that takes long by nature says that it is alive with
    /// [`checkpoint`](crate::TaskContext::checkpoint). The time is counted in this process, from
    /// when it took the run up: no record has a time for it, so that a run of another process, in
    /// a listing of the logbook alone, is never said to be stuck.
    pub fn stuck_after(mut self, silent: Duration) -> Self {
        self.stuck_after = Some(silent);
        self
    }

    /// From when on a signal counts as [overdue](crate::runner::Attention::Overdue): a run that has
    /// nothing else to do waits for it so long. None does unless this says so.
    ///
    /// When the waiting began is recorded, and counts over all processes.
    pub fn overdue_after(mut self, waited: Duration) -> Self {
        self.overdue_after = Some(waited);
        self
    }

    /// Tells `listener` what happens to every run that the runner drives, or records something of;
    /// see [`listen`](crate::listen). Several can be attached. Runs that are driven at the same
    /// time call it at the same time.
    pub fn listen(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.add(listener);
        self
    }

    /// The runner. It takes up nothing by itself before [`Runner::recover`] is called.
    ///
    /// From now on, what other processes ask of runs that nobody drives, through the
    /// [`Inbox`](crate::Inbox) of the logbook, is done within about 200 ms.
    #[must_use]
    pub fn build(self) -> Runner {
        self.heard.get_or_init(|| self.listeners);
        if self.stuck_after.is_some() {
            self.book.watch();
        }
        let shared = Arc::new(Shared {
            book: self.book,
            flows: self.flows,
            pool: Arc::new(Pool::new(self.running_max, self.queued_max)),
            resumes_max: self.resumes_max,
            retention: self.retention,
            stuck_after: self.stuck_after,
            overdue_after: self.overdue_after,
            postman: Postman::default(),
        });
        shared.postman.start(&shared);
        Runner { shared }
    }
}

impl<E> fmt::Debug for RunnerBuilder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flows: Vec<_> = self.flows.keys().collect();
        flows.sort_unstable();
        f.debug_struct("RunnerBuilder")
            .field("flows", &flows)
            .field("max_running", &self.running_max)
            .field("max_queued", &self.queued_max)
            .field("max_resumes", &self.resumes_max)
            .field("retention", &self.retention)
            .field("stuck_after", &self.stuck_after)
            .field("overdue_after", &self.overdue_after)
            .finish_non_exhaustive()
    }
}
