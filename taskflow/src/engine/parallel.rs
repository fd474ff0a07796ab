//! The engine that runs what can run at the same time on the threads of a rayon pool.
//!
//! The thread that calls is the first worker, and helpers are woken only when there is more to do
//! than it can start itself. So a chain stays on one thread from its first task to its last, and a
//! small flow never waits for a thread to wake.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::{Scope, ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder, Yield};

use super::{Engine, Job};
use crate::flow::Shared;
use crate::run::{Run, RunError, Turn, Worker, watch};

/// Runs tasks side by side on rayon threads: the global pool's, or its own.
///
/// The calling thread takes part.
///
/// ```
/// use taskflow::{Parallel, flow, task};
///
/// #[task]
/// fn left() -> u32 {
///     1
/// }
/// #[task]
/// fn right() -> u32 {
///     2
/// }
/// #[task]
/// fn sum(left: u32, right: u32) -> u32 {
///     left + right
/// }
///
/// flow! {
///     pub struct Sum {} -> u32
///     linear[unordered[left, right], sum]
/// }
///
/// assert_eq!(Sum {}.call(&Parallel::new())?, 3);
/// # Ok::<(), taskflow::RunError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parallel {
    /// The global pool, if there is none.
    pool: Option<Arc<ThreadPool>>,
}

/// The threads of a pool could not be started.
#[derive(Debug)]
pub struct PoolError(ThreadPoolBuildError);

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the threads of the engine could not be started: {}",
            self.0
        )
    }
}

impl std::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message says what this error says, so that the chain goes on behind that.
        std::error::Error::source(&self.0)
    }
}

impl Parallel {
    /// On rayon's global pool, with as many threads as that has.
    #[must_use]
    pub const fn new() -> Self {
        Self { pool: None }
    }

    /// With threads of its own, so that at most `threads` tasks run at once; the calling thread
    /// is one of them. Clones share the threads.
    ///
    /// # Errors
    ///
    /// If the threads cannot be started.
    pub fn with_threads(threads: usize) -> Result<Self, PoolError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("taskflow-{number}"))
            .build()
            .map_err(PoolError)?;
        Ok(Self {
            pool: Some(Arc::new(pool)),
        })
    }

    fn work(&self, run: &Run<Shared<'_>>) {
        if let Some(pool) = &self.pool {
            let crew = Crew::new(run, pool.current_num_threads());
            pool.in_place_scope(|scope| crew.lead(scope));
        } else {
            let crew = Crew::new(run, rayon::current_num_threads());
            rayon::in_place_scope(|scope| crew.lead(scope));
        }
    }
}

impl<'a, T> Engine<Shared<'a>, T> for Parallel {
    type Ran<'b> = Result<T, RunError>;

    fn drive<'b>(&'b self, job: Job<'b, Shared<'a>, T>) -> Result<T, RunError> {
        job.block_on(|run| self.work(run))
    }
}

/// A worker takes more the next time if it took less than this, and else less.
const SHORT: Duration = Duration::from_micros(15);
/// A worker gives back what it has not begun after this long: others may be idle.
const LONG: Duration = Duration::from_micros(50);
/// The most that a worker takes at once; short tasks are taken many at a time.
const ROOM_MAX: usize = 32;

/// The threads that work at one run.
struct Crew<'r, 'a> {
    run: &'r Run<Shared<'a>>,
    helpers_max: usize,
    helpers: AtomicUsize,
}

impl<'r, 'a> Crew<'r, 'a> {
    fn new(run: &'r Run<Shared<'a>>, threads: usize) -> Self {
        Self {
            run,
            helpers_max: threads.max(1) - 1,
            helpers: AtomicUsize::new(0),
        }
    }

    /// The calling thread's part: it stays until the run is over.
    fn lead<'s>(&'s self, scope: &Scope<'s>) {
        let _guard = Guard(self.run);
        let mut worker = Worker::new(&self.run.stage);
        let mut room = 1;
        loop {
            match self.run.turn(&mut worker, room) {
                Turn::Work { left } => room = self.perform(&mut worker, scope, left, room),
                Turn::Idle => self.wait(),
                Turn::Over => {
                    // To be woken by the last helper takes far longer than that helper does. A
                    // thread of a pool is not put to sleep: it does what others have not begun.
                    //
                    // Relaxed: who gets here too early sleeps until the scope says that all are
                    // done.
                    if rayon::current_thread_index().is_none() {
                        watch(|| self.helpers.load(Ordering::Relaxed) == 0);
                    }
                    return;
                }
            }
        }
    }

    /// A pool thread's part: it goes as soon as there is nothing to do.
    fn help<'s>(&'s self, scope: &Scope<'s>) {
        let _guard = Guard(self.run);
        let mut worker = Worker::new(&self.run.stage);
        let mut room = 1;
        loop {
            while let Turn::Work { left } = self.run.turn(&mut worker, room) {
                room = self.perform(&mut worker, scope, left, room);
            }
            // Relaxed: the count only bounds how many are called; the work is handed over under
            // the run's lock.
            self.helpers.fetch_sub(1, Ordering::Relaxed);
            // Who had work to share since may have found every helper called, this one too.
            if !self.run.has_work() || !self.enlist() {
                return;
            }
        }
    }

    /// Works, and says how much to take the next time.
    fn perform<'s>(
        &'s self,
        worker: &mut Worker<'_, Shared<'a>>,
        scope: &Scope<'s>,
        left: usize,
        room: usize,
    ) -> usize {
        if left == 0 {
            self.run.perform(worker, None);
            return 1;
        }
        self.call_helpers(scope, left);
        let start = Instant::now();
        self.run.perform(worker, Some(start + LONG));
        let took = start.elapsed();
        let room = if took < SHORT {
            room * 2
        } else if took < LONG {
            room / 2
        } else {
            1
        };
        // What others could start is left to them.
        let threads = self.helpers_max + 1;
        room.min(left / threads).clamp(1, ROOM_MAX)
    }

    fn call_helpers<'s>(&'s self, scope: &Scope<'s>, left: usize) {
        let mut wanted = left;
        while wanted > 0 && self.enlist() {
            scope.spawn(|scope| self.help(scope));
            wanted -= 1;
        }
    }

    /// Counts one more helper, if there may be one.
    fn enlist(&self) -> bool {
        // Relaxed: as where a helper goes.
        let counted = self
            .helpers
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                (now < self.helpers_max).then_some(now + 1)
            });
        counted.is_ok()
    }

    /// Everything that could be started is. A thread of a pool may be needed by others meanwhile.
    ///
    /// Not while it drives a run that is recorded: what it would take up may wait for that very
    /// run, which could not go on beneath it.
    fn wait(&self) {
        if self.run.stage.logged || rayon::current_thread_index().is_none() {
            self.run.park(None);
        } else if rayon::yield_now() != Some(Yield::Executed) {
            self.run.park(Some(Duration::from_micros(200)));
        }
    }
}

/// Nobody waits for a worker that unwinds; the scope carries its panic to the calling thread.
struct Guard<'r, 'a>(&'r Run<Shared<'a>>);

impl Drop for Guard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}
