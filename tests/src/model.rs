//! The tasks that the model test's flows are made of, and the world in which they have effects.
//!
//! Each task provides a hash of its path and of what it read, so that a wrong wire or a wrong
//! order shows in the result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use taskflow::{Outcome, TaskContext, task};

use crate::killed;

/// What is to go wrong, by the paths of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Tasks that return an error.
    pub fail: BTreeSet<String>,
    /// Tasks that return an error so many times, and none after that.
    pub first: BTreeMap<String, u32>,
    /// Tasks that panic.
    pub panic: BTreeSet<String>,
    /// Tasks whose reverts fail.
    pub stick: BTreeSet<String>,
}

/// How a task had ended that was reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// It had succeeded.
    Done,
    /// It had failed.
    Failed,
    /// Nobody knew.
    Unknown,
}

/// Something that a task or a revert did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The task at this path ran.
    Ran(String),
    /// The revert of the task at this path ran, for a task that had ended so.
    Undid(String, Was),
}

/// Where tasks have their effects. Clones are the same world.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    script: Script,
    effects: Vec<Effect>,
    kill: Option<Kill>,
}

/// When a process is to be killed, and where its logbook is and is then to be found.
#[derive(Debug)]
struct Kill {
    at: usize,
    from: PathBuf,
    to: PathBuf,
}

impl World {
    /// A world in which everything in the script goes wrong.
    #[must_use]
    pub fn new(script: Script) -> Self {
        let world = Self::default();
        world.inner().script = script;
        world
    }

    /// When the effect with this number is under way, counted from 1, the logbook in one folder is
    /// copied to another: as if the process were killed then.
    pub fn kill(&self, at: usize, from: PathBuf, to: PathBuf) {
        self.inner().kill = Some(Kill { at, from, to });
    }

    /// From now on other things go wrong.
    pub fn turn(&self, script: Script) {
        self.inner().script = script;
    }

    /// The effects so far, which are forgotten.
    #[must_use]
    pub fn take(&self) -> Vec<Effect> {
        std::mem::take(&mut self.inner().effects)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, ctx: &TaskContext, reads: &[u64]) -> Result<u64, String> {
        let path = ctx.atom();
        let (fails, panics) = {
            let mut inner = self.inner();
            inner.happens(Effect::Ran(path.clone()));
            let script = &mut inner.script;
            let left = script.first.get_mut(&path).filter(|left| **left > 0);
            let early = left.is_some_and(|left| {
                *left -= 1;
                true
            });
            let fails = early || script.fail.contains(&path);
            (fails, script.panic.contains(&path))
        };
        assert!(!panics, "{path} panics");
        if fails {
            return Err(format!("{path} fails"));
        }
        Ok(value(&path, reads))
    }

    fn undo(&self, ctx: &TaskContext, was: Was) -> Result<(), String> {
        let path = ctx.atom();
        let mut inner = self.inner();
        inner.happens(Effect::Undid(path.clone(), was));
        if inner.script.stick.contains(&path) {
            Err(format!("{path} sticks"))
        } else {
            Ok(())
        }
    }
}

impl Inner {
    fn happens(&mut self, effect: Effect) {
        self.effects.push(effect);
        let now = self.effects.len();
        if let Some(Kill { from, to, .. }) = self.kill.take_if(|kill| kill.at == now) {
            killed::copy(&from, &to);
        }
    }
}

/// What the task at a path provides, if it reads these values (FNV-1a, 64 bits).
#[must_use]
pub fn value(path: &str, reads: &[u64]) -> u64 {
    let numbers = reads.iter().flat_map(|read| read.to_le_bytes());
    path.bytes()
        .chain(numbers)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

// What a task provides is given to its revert as a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn undo_done(world: &World, ctx: &TaskContext, value: &u64) -> Result<(), String> {
    // The value has come back from wherever it was kept.
    assert_ne!(*value, 0, "no hash of a path is zero");
    world.undo(ctx, Was::Done)
}

fn undo_any(world: &World, ctx: &TaskContext, outcome: Outcome<'_, u64>) -> Result<(), String> {
    let was = match outcome {
        Outcome::Done(_) => Was::Done,
        Outcome::Failed(_) => Was::Failed,
        Outcome::Unknown => Was::Unknown,
    };
    world.undo(ctx, was)
}

/// Tasks with the same settings that read nothing, `a`, and `a` and `b`.
macro_rules! tasks {
    ($(#[task $settings:tt] $none:ident $one:ident $two:ident)*) => {$(
        /// Reads nothing.
        ///
        /// # Errors
        ///
        /// If the script says so.
        #[task $settings]
        pub fn $none(world: &World, ctx: &TaskContext) -> Result<u64, String> {
            world.work(ctx, &[])
        }

        /// Reads `a`.
        ///
        /// # Errors
        ///
        /// If the script says so.
        #[task $settings]
        pub fn $one(a: u64, world: &World, ctx: &TaskContext) -> Result<u64, String> {
            world.work(ctx, &[a])
        }

        /// Reads `a` and `b`.
        ///
        /// # Errors
        ///
        /// If the script says so.
        #[task $settings]
        pub fn $two(a: u64, b: &u64, world: &World, ctx: &TaskContext) -> Result<u64, String> {
            world.work(ctx, &[a, *b])
        }
    )*};
}

tasks! {
    #[task()] plain0 plain1 plain2
    #[task(provides = value, revert = undo_done(world, ctx, value))] done0 done1 done2
    #[task(revert = undo_any(world, ctx, outcome))] any0 any1 any2
    #[task(irreversible)] final0 final1 final2
    #[task(irreversible, revert = undo_any(world, ctx, outcome))] finalany0 finalany1 finalany2
    #[task(transient)] passing0 passing1 passing2
}
