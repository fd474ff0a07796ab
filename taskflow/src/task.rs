//! What a task says of itself beyond its signature, and what it is told when it runs.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::logbook::RunId;
use crate::plan::Plan;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Set when nothing new starts: a task failed, or a person asked for a stop.
    pub(crate) stopping: AtomicBool,
}

/// What a task may ask about the run that it is part of.
///
/// A task receives it by having a parameter of the type `&TaskContext`; it is no symbol and needs
/// no provider.
pub struct TaskContext {
    pub(crate) facts: Arc<RunFacts>,
    pub(crate) atom: u32,
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

    /// The path of the task within the flow, such as `provision/attach`.
    #[must_use]
    pub fn atom(&self) -> String {
        self.facts.plan.path(self.atom)
    }

    /// How often the task was started in this run before, plus one.
    ///
    /// Starts that a crash cut short count.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether the run is coming to a stop, because another task failed.
    ///
    /// A long task may look at it now and then and return early with an error of its own; nothing
    /// forces it to. It is never true of what is called in order to undo the run: a revert, and a
    /// task that runs again because a revert needs what it provides.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        // Relaxed: a hint, which carries no data with it.
        !self.undoing && self.facts.stopping.load(Ordering::Relaxed)
    }

    /// A key that is equal each time this task is attempted for the same effect, and different
    /// for every other effect.
    ///
    /// Give it to a service that deduplicates requests, and a task that runs again after a crash
    /// takes effect once. It is the same over attempts and crashes; a new one after the task was
    /// reverted, in another run, and for the revert itself.
    ///
    /// It is the BLAKE3 hash of five parts: the run's id, the path of the task, the number of the
    /// item (empty outside of a map), how often the task was reverted, and `run` or `revert`. Each
    /// part is preceded by its length in bytes as a little-endian `u64`; the number is a
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
        IdempotencyKey::new(
            self.run_id().as_ref(),
            &self.facts.plan.path(self.atom),
            &[],
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
