//! The world outside of a run: what tasks do to it stays when the process is killed.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use taskflow::TaskContext;

use super::Points;

/// What the tasks of one run have done, one line for each effect.
///
/// A line is `do` or `undo`, the path of the task, and the idempotency key.
#[derive(Debug, Clone)]
pub struct World {
    lines: Lines,
    points: Points,
    /// Set while a task is at work that must be alone.
    taken: Arc<AtomicBool>,
}

#[derive(Debug, Clone)]
enum Lines {
    /// A file, and beside it one that is there once the world is repaired.
    File(PathBuf),
    /// The lines, and whether the world is repaired.
    Memory(Arc<Mutex<(String, bool)>>),
}

impl World {
    /// The world of the run `id`, in files in `folder`.
    #[must_use]
    pub fn in_folder(folder: &Path, id: &str, points: &Points) -> World {
        World {
            lines: Lines::File(folder.join(format!("{id}.effects"))),
            points: points.clone(),
            taken: Arc::default(),
        }
    }

    /// A world that ends with the process.
    #[must_use]
    pub fn in_memory() -> World {
        World {
            lines: Lines::Memory(Arc::default()),
            points: Points::default(),
            taken: Arc::default(),
        }
    }

    /// The effect of a task.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn act(&self, ctx: &TaskContext) -> io::Result<()> {
        self.append("do", &ctx.atom(), ctx)
    }

    /// One of several effects of a task: its path has the number of that, as in `walk=3`.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn act_in_part(&self, ctx: &TaskContext, part: u64) -> io::Result<()> {
        self.append("do", &format!("{}={part}", ctx.atom()), ctx)
    }

    /// The effect of a task that no other may run beside.
    ///
    /// # Errors
    ///
    /// If another does, and what the file system says.
    pub fn act_alone(&self, ctx: &TaskContext) -> io::Result<()> {
        // Relaxed: the flag alone matters.
        if self.taken.swap(true, Ordering::Relaxed) {
            return Err(io::Error::other("somebody else is at it"));
        }
        let acted = self.act(ctx);
        // Two that start together shall meet.
        thread::sleep(Duration::from_micros(100));
        self.taken.store(false, Ordering::Relaxed);
        acted
    }

    /// Takes the effect of a task back, whether it is there or not.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn undo(&self, ctx: &TaskContext) -> io::Result<()> {
        self.append("undo", &ctx.atom(), ctx)
    }

    fn append(&self, what: &str, path: &str, ctx: &TaskContext) -> io::Result<()> {
        let line = format!("{what} {path} {}\n", ctx.idempotency_key());
        self.points.pass("before an effect")?;
        match &self.lines {
            Lines::Memory(lines) => lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .0
                .push_str(&line),
            Lines::File(path) => OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)?
                .write_all(line.as_bytes())?,
        }
        self.points.pass("after an effect")
    }

    /// Makes tasks and reverts succeed that fail in a broken world.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn repair(&self) -> io::Result<()> {
        match &self.lines {
            Lines::Memory(lines) => {
                lines.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
                Ok(())
            }
            Lines::File(path) => fs::write(path.with_extension("repaired"), ""),
        }
    }

    /// Fails unless the world is repaired.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn needs_repair(&self) -> io::Result<()> {
        let repaired = match &self.lines {
            Lines::Memory(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).1,
            Lines::File(path) => path.with_extension("repaired").exists(),
        };
        if repaired {
            Ok(())
        } else {
            Err(io::Error::other("the world is broken"))
        }
    }

    /// Every effect so far, as (`do` or `undo`, path of the task, key).
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn effects(&self) -> io::Result<Vec<(String, String, String)>> {
        let text = match &self.lines {
            Lines::Memory(lines) => lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .0
                .clone(),
            Lines::File(path) => match fs::read_to_string(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                read => read?,
            },
        };
        let words = |line: &str| -> Option<(String, String, String)> {
            let mut words = line.split(' ').map(str::to_owned);
            Some((words.next()?, words.next()?, words.next()?))
        };
        text.lines()
            .map(|line| {
                words(line).ok_or_else(|| io::Error::other(format!("`{line}` is no effect")))
            })
            .collect()
    }

    /// Whether the task has done something that has not been taken back.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn in_place(&self, task: &str) -> io::Result<bool> {
        let effects = self.effects()?;
        let last = effects.iter().rev().find(|(_, path, _)| path == task);
        Ok(last.is_some_and(|(what, ..)| what == "do"))
    }

    /// How often the task has begun anew, once whatever it had done was taken back.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn tries(&self, task: &str) -> io::Result<u64> {
        let effects = self.effects()?;
        let done = effects
            .iter()
            .filter(|(what, path, _)| what == "do" && path == task);
        let keys: HashSet<&str> = done.map(|(.., key)| &**key).collect();
        Ok(keys.len() as u64)
    }

    /// How often the task has done what it does, whatever was taken back.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn times(&self, task: &str) -> io::Result<u64> {
        let effects = self.effects()?;
        let done = effects
            .iter()
            .filter(|(what, path, _)| what == "do" && path == task);
        Ok(done.count() as u64)
    }
}
