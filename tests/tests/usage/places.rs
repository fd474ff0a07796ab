//! Logbooks in folders of their own, and the state in which a killed process leaves one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use taskflow::{Durability, Logbook, RunId, TaskContext};
use tempfile::TempDir;
use tests::{Journal, killed};

/// A folder with a logbook, and a copy of it that is made while a task is at work: what is in the
/// copy is what would be there if the process had been killed at that moment.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) journal: Journal,
}

/// What tasks need to be killed: a resource.
#[derive(Clone)]
pub(crate) struct Killer {
    from: PathBuf,
    to: PathBuf,
    /// The task in which it strikes, with a `<` if in its revert.
    at: &'static str,
    struck: Arc<AtomicBool>,
    journal: Journal,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            journal: Journal::default(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("before.book")
    }

    pub(crate) fn book(&self) -> Logbook {
        open(&self.path())
    }

    /// The logbook as the kill left it.
    pub(crate) fn killed(&self) -> Logbook {
        let effects = self.journal.take();
        let path = self.folder.path().join("after.book");
        assert!(path.exists(), "nobody was killed: {effects:?}");
        open(&path)
    }

    pub(crate) fn killer(&self, at: &'static str) -> Killer {
        Killer {
            from: self.folder.path().join("before.book"),
            to: self.folder.path().join("after.book"),
            at,
            struck: Arc::default(),
            journal: self.journal.clone(),
        }
    }

    /// Nobody is killed any more.
    pub(crate) fn harmless(&self) -> Killer {
        self.killer("")
    }
}

impl Killer {
    /// A task or, with `<` as the mark, its revert is at work.
    pub(crate) fn pass(&self, ctx: &TaskContext, mark: &str) {
        let here = format!("{}{mark}", ctx.atom());
        self.journal.note(here.clone());
        if here == self.at && !self.struck.swap(true, Ordering::SeqCst) {
            killed::copy(&self.from, &self.to);
        }
    }

    pub(crate) fn note(&self, effect: impl Into<String>) {
        self.journal.note(effect);
    }
}

fn open(path: &Path) -> Logbook {
    let options = Logbook::options(path).durability(Durability::Os);
    options.open().expect("the logbook opens")
}

pub(crate) fn id(id: &str) -> RunId {
    id.parse().expect("an id")
}
