//! What a task says of itself beyond its signature, and what it is told when it runs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::flow::Identity;
use crate::listen::{AtomPath, Audience, Change};
use crate::logbook::{self, Batch, DecodeError, EncodeError, Kind, LogbookError, RunId, RunLog};
use crate::machine::{InBody, Place};
use crate::plan::Plan;
use crate::sparse::Sparse;

/// When a task's revert is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reverts {
    /// The task has no revert: there is nothing to undo.
    Never,
    /// For a task that succeeded.
    Done,
    /// Also for a task that failed, or whose outcome is not known: the revert names `outcome`.
    Any,
}

/// What happens to a task that was started and not finished when the process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// It runs again: at least once. The default.
    Rerun,
    /// Its revert is called, with [`Outcome::Unknown`](crate::Outcome::Unknown), then it runs again.
    Revert,
    /// The run stops there and reports it; a person answers.
    Ask,
    /// It counts as done: at most once. For tasks that provide nothing.
    Skip,
}

/// The settings of a task, from `#[task(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// When its revert is called.
    pub reverts: Reverts,
    /// What happens to it after a crash.
    pub on_unknown: OnUnknown,
    /// Once it has succeeded, what was done before it is never undone.
    pub irreversible: bool,
    /// Its result is not stored.
    pub transient: bool,
    /// How often it is attempted.
    pub retry: Retry,
    /// How long one attempt may take, in milliseconds; 0 for as long as it takes.
    pub timeout_ms: u64,
    /// How often its revert is attempted: what the task says that the revert calls.
    pub revert_retry: Retry,
    /// How long one attempt of its revert may take, in milliseconds; 0 for as long as it takes.
    pub revert_timeout_ms: u64,
    /// Of several tasks that could start, the one with the greater number does.
    pub priority: i16,
}

/// How often something is attempted, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Retry {
    /// The attempts in all, at least 1.
    pub times: u32,
    /// The wait between two attempts.
    pub backoff: Backoff,
}

impl Retry {
    /// One attempt.
    pub const NEVER: Self = Self {
        times: 1,
        backoff: Backoff::NONE,
    };
}

/// The wait before an attempt that is not the first: the first wait is `first_ms`, each further
/// one `factor` times the one before, and none is longer than `max_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Backoff {
    /// The first wait, in milliseconds.
    pub first_ms: u64,
    /// By what a wait grows.
    pub factor: u32,
    /// The longest wait, in milliseconds.
    pub max_ms: u64,
    /// A wait is drawn evenly between half of what it would be and all of it, so that those who
    /// failed together do not come again together.
    pub jitter: bool,
}

impl Backoff {
    /// No wait.
    pub const NONE: Self = Self::fixed(0);

    /// The same wait each time, in milliseconds.
    #[must_use]
    pub const fn fixed(ms: u64) -> Self {
        Self {
            first_ms: ms,
            factor: 1,
            max_ms: ms,
            jitter: false,
        }
    }

    /// A wait that doubles each time, in milliseconds.
    #[must_use]
    pub const fn exponential(first_ms: u64, max_ms: u64) -> Self {
        Self {
            first_ms,
            factor: 2,
            max_ms,
            jitter: false,
        }
    }

    /// The same with waits that are drawn.
    #[must_use]
    pub const fn with_jitter(mut self) -> Self {
        self.jitter = true;
        self
    }
}

impl Policy {
    /// The same with the attempts and the time of what its revert calls.
    #[must_use]
    pub const fn with_callee(mut self, callee: &Self) -> Self {
        self.revert_retry = callee.retry;
        self.revert_timeout_ms = callee.timeout_ms;
        self
    }

    /// The settings of a task that says nothing.
    pub const DEFAULT: Self = Self {
        reverts: Reverts::Never,
        on_unknown: OnUnknown::Rerun,
        irreversible: false,
        transient: false,
        retry: Retry::NEVER,
        timeout_ms: 0,
        revert_retry: Retry::NEVER,
        revert_timeout_ms: 0,
        priority: 0,
    };
}

/// What a run tells its tasks; one per run.
#[derive(Debug)]
pub(crate) struct RunFacts {
    /// A run that is not recorded gets an id when it is first asked for.
    pub(crate) id: OnceLock<RunId>,
    pub(crate) plan: &'static Plan,
    pub(crate) flow: Identity,
    /// Set when nothing new starts: a task failed, or a person asked for a stop.
    pub(crate) stopping: AtomicBool,
    /// The bodies of groups in which nothing new starts.
    pub(crate) stopped: StoppedBodies,
    /// Where tasks record how far they are, if anywhere.
    pub(crate) log: Option<Weak<RunLog>>,
    /// Who listens to the run.
    pub(crate) audience: Option<Audience>,
    /// What tasks said last about how far they are, by the number of the atom.
    pub(crate) checkpoints: Mutex<Sparse<u32, Vec<u8>>>,
    /// Whether any task ever said so, so that the others need no lock.
    pub(crate) has_checkpoints: AtomicBool,
}

/// The bodies of groups in which nothing new starts, because something in them failed.
#[derive(Debug, Default)]
pub(crate) struct StoppedBodies {
    bodies: Mutex<Sparse<InBody, ()>>,
    /// Whether there are any, so that the others need no lock.
    any: AtomicBool,
}

impl StoppedBodies {
    pub(crate) fn insert(&self, body: InBody) {
        self.bodies().insert(body, ());
        // Relaxed: a hint to tasks, which carries no data with it.
        self.any.store(true, Ordering::Relaxed);
    }

    /// Something starts there: nothing around it has come to a stop, or not any more.
    #[inline]
    pub(crate) fn begin(&self, place: &Place) {
        if self.any.load(Ordering::Relaxed) {
            let mut bodies = self.bodies();
            for body in around(place) {
                bodies.remove(&body);
            }
            self.any.store(!bodies.is_empty(), Ordering::Relaxed);
        }
    }

    #[inline]
    fn contains(&self, place: Option<&Place>) -> bool {
        let Some(place) = place else {
            return false;
        };
        self.any.load(Ordering::Relaxed) && {
            let bodies = self.bodies();
            around(place).any(|body| bodies.contains_key(&body))
        }
    }

    fn bodies(&self) -> MutexGuard<'_, Sparse<InBody, ()>> {
        // Numbers are put in whole.
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bodies around an atom, and the groups as a whole.
fn around(place: &Place) -> impl Iterator<Item = InBody> {
    place.levels.iter().flat_map(|stand| {
        let group = stand.first + stand.atom;
        let item = stand.body.filter(|body| body.is_item);
        let body = stand.body.map(|_| item.map_or(0, |body| body.number));
        body.into_iter()
            .flat_map(move |body| [(group, None), (group, Some(body))])
    })
}

/// How far a task is could not be recorded, or not be read again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The value cannot be stored.
    Encode(EncodeError),
    /// What was recorded is not of the type that is asked for.
    Decode(DecodeError),
    /// The logbook failed.
    Book(LogbookError),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => write!(f, "the checkpoint cannot be stored: {error}"),
            Self::Decode(error) => write!(
                f,
                "the checkpoint of an earlier attempt is not of this type: {error}"
            ),
            Self::Book(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Error for CheckpointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // A message says what its own error says, so that the chain goes on behind that.
        match self {
            Self::Encode(error) => error.source(),
            Self::Decode(error) => error.source(),
            Self::Book(error) => error.source(),
        }
    }
}

impl RunFacts {
    /// Goes on with what an earlier process has recorded.
    pub(crate) fn keep(&self, checkpoints: BTreeMap<u32, Vec<u8>>) {
        self.has_checkpoints
            .store(!checkpoints.is_empty(), Ordering::Relaxed);
        *self.checkpoints() = checkpoints.into();
    }

    /// A task is done or was reverted: should it run again, it begins anew.
    #[inline]
    pub(crate) fn forget_checkpoint(&self, atom: u32) {
        // Relaxed: what a task said is known to whoever is told that it is done.
        if self.has_checkpoints.load(Ordering::Relaxed) {
            self.checkpoints().remove(&atom);
        }
    }

    fn checkpoints(&self) -> MutexGuard<'_, Sparse<u32, Vec<u8>>> {
        // Values are put in whole.
        self.checkpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a task may ask about the run that it is part of.
///
/// A task receives it by having a parameter of the type `&TaskContext`; it is no symbol and needs
/// no provider.
pub struct TaskContext {
    pub(crate) facts: Arc<RunFacts>,
    pub(crate) atom: u32,
    /// Where it stands, if not in the flow itself.
    pub(crate) place: Option<Arc<Place>>,
    /// When it is to be over.
    pub(crate) deadline: Option<SystemTime>,
    pub(crate) attempt: u32,
    pub(crate) reverts: u32,
    pub(crate) reverting: bool,
    /// It is called because the run has come to a stop, so that it must not stop for that.
    pub(crate) undoing: bool,
}

impl TaskContext {
    /// The id of the run.
    #[must_use]
    pub fn run_id(&self) -> &RunId {
        self.facts.id()
    }

    /// The path of the task within the flow, such as `provision/attach`; in a `map`, with the
    /// number of the item, such as `fetch[3]`.
    #[must_use]
    pub fn atom(&self) -> String {
        match &self.place {
            None => self.facts.plan.path(self.atom),
            Some(place) => place.path(),
        }
    }

    /// When the task is to be over, by a `timeout` of its own or around it, or by the
    /// [deadline](crate::Start::deadline) of the run.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// Whether the time is up.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| SystemTime::now() >= deadline)
    }

    /// How often the task was started in this run before, plus one.
    ///
    /// Starts that a crash cut short count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the run is coming to a stop, because another task failed or a person asked for it,
    /// or the attempt of a group that the task is in, or the task's time is up.
    ///
    /// A long task may look at it now and then and return early with an error of its own; nothing
    /// forces it to. It is never true of what is called in order to undo the run: a revert, and a
    /// task that runs again because a revert needs what it provides.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        // Relaxed: a hint, which carries no data with it.
        let stops = || {
            self.facts.stopping.load(Ordering::Relaxed)
                || self.facts.stopped.contains(self.place.as_deref())
        };
        !self.undoing && stops() || self.is_late()
    }

    /// Records how far the task is: a value that [`restored`](TaskContext::restored) gives back
    /// when the task runs again after a crash, or is attempted again. Each call replaces the value
    /// before. It is recorded as the logbook's durability says when this returns; a run without a
    /// logbook keeps it in memory.
    ///
    /// The value is dropped when the task is done, and when it is reverted.
    ///
    /// # Errors
    ///
    /// If the value cannot be stored, or if the logbook fails.
    ///
    /// ```
    /// use taskflow::{CheckpointError, Logbook, Serial, TaskContext, flow, task};
    ///
    /// #[task]
    /// fn sum(parts: &[u64], ctx: &TaskContext) -> Result<u64, CheckpointError> {
    ///     let (mut done, mut sum) = ctx.restored::<(usize, u64)>()?.unwrap_or_default();
    ///     while done < parts.len() {
    ///         sum += parts[done];
    ///         done += 1;
    ///         ctx.checkpoint(&(done, sum))?;
    ///     }
    ///     Ok(sum)
    /// }
    ///
    /// flow! {
    ///     pub struct Sum { parts: Vec<u64> } -> u64
    ///     linear[sum]
    /// }
    ///
    /// assert_eq!(Sum { parts: vec![1, 2, 3] }.run(&Serial, &Logbook::memory())?, 6);
    /// # Ok::<(), taskflow::RunError>(())
    /// ```
    pub fn checkpoint<T: Serialize + DeserializeOwned>(
        &self,
        value: &T,
    ) -> Result<(), CheckpointError> {
        let mut bytes = Vec::new();
        logbook::encode_checked(value, &mut bytes).map_err(CheckpointError::Encode)?;
        self.record_checkpoint(&bytes)
            .map_err(CheckpointError::Book)?;
        self.facts.checkpoints().insert(self.atom, bytes);
        self.facts.has_checkpoints.store(true, Ordering::Relaxed);
        if let Some(audience) = &self.facts.audience {
            audience.tell();
        }
        Ok(())
    }

    fn record_checkpoint(&self, bytes: &[u8]) -> Result<(), LogbookError> {
        let change = || Change::Checkpoint { task: self.path() };
        let log = self.facts.log.as_ref().and_then(Weak::upgrade);
        let Some(log) = log else {
            if let Some(audience) = &self.facts.audience {
                audience.note_recorded([change()]);
            }
            return Ok(());
        };
        let mut batch = Batch::default();
        batch.push(Kind::Checkpoint, self.atom, bytes);
        match &self.facts.audience {
            None => log.append(&batch)?.wait(),
            Some(audience) => {
                let (commit, noted) = audience.note([change()], || log.append(&batch))?;
                commit.wait()?;
                audience.acknowledge(noted);
                Ok(())
            }
        }
    }

    fn path(&self) -> AtomPath {
        match &self.place {
            None => AtomPath::here(self.facts.plan, self.atom),
            Some(place) => AtomPath::within(place.clone()),
        }
    }

    /// What the task recorded last with [`checkpoint`](TaskContext::checkpoint), in an earlier
    /// process or an earlier attempt; nothing if it has not, or if it was done or reverted since.
    ///
    /// # Errors
    ///
    /// If what was recorded is not of this type.
    pub fn restored<T: DeserializeOwned>(&self) -> Result<Option<T>, CheckpointError> {
        let bytes = self.facts.checkpoints().get(&self.atom).cloned();
        let value = bytes.map(|bytes| logbook::decode(&bytes));
        value.transpose().map_err(CheckpointError::Decode)
    }

    /// A key that is equal each time this task is attempted for the same effect, and different
    /// for every other effect.
    ///
    /// Give it to a service that deduplicates requests, and a task that runs again after a crash
    /// takes effect once. It is the same over attempts and crashes; a new one after the task was
    /// reverted, in another run, and for the revert itself.
    ///
    /// It is the BLAKE3 hash of five parts: the run's id, the path of the task without the number of
    /// an item, that number (empty outside of a `map`; of nested ones, all from the outermost
    /// inwards), how often the task was reverted, and `run` or `revert`. Each
    /// part is preceded by its length in bytes as a little-endian `u64`; a number is a
    /// little-endian `u32`.
    ///
    /// ```
    /// use taskflow::{flow, task, Logbook, Serial, TaskContext};
    ///
    /// #[task]
    /// fn charge(ctx: &TaskContext) -> String {
    ///     ctx.idempotency_key().to_string()
    /// }
    ///
    /// flow! {
    ///     pub struct Checkout {} -> String
    ///     linear[charge]
    /// }
    ///
    /// let key = Checkout {}.id("order-17").run(&Serial, &Logbook::memory())?;
    /// // The hash of: 8 `order-17` 6 `charge` 0 4 `\0\0\0\0` 3 `run`
    /// assert_eq!(key, "1f9f6fc4e041c1c962cf1f4259d270e4350e0bb1197154a6f5f0b5fe67fae252");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn idempotency_key(&self) -> IdempotencyKey {
        let (path, items) = match &self.place {
            None => (self.facts.plan.path(self.atom), SmallVec::new()),
            Some(place) => (place.name(), place.items()),
        };
        let items: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
        IdempotencyKey::new(
            self.run_id().as_ref(),
            &path,
            &items,
            self.reverts,
            self.reverting,
        )
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("run_id", self.run_id())
            .field("atom", &self.atom())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// The key of one effect of one task in one run; see [`TaskContext::idempotency_key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey([u8; 32]);

impl IdempotencyKey {
    pub(crate) fn new(run: &str, atom: &str, item: &[u8], reverts: u32, reverting: bool) -> Self {
        let mut hasher = blake3::Hasher::new();
        let direction: &[u8] = if reverting { b"revert" } else { b"run" };
        for part in [
            run.as_bytes(),
            atom.as_bytes(),
            item,
            &reverts.to_le_bytes(),
            direction,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
