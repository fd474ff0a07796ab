//! A run's own view of the book: who may write for it, what it appends, and what it reads back.

use std::fmt;
use std::sync::Arc;
use std::thread;

use super::batch::Batch;
use super::book::Book;
use super::desk::Desk;
use super::index::Position;
use super::letter::Letter;
use super::record::{Begin, Kind};
use super::{Logbook, LogbookError, RunId};

/// The right to write for one run, which one driver in the process has at a time.
///
/// Dropping it gives the right back and wakes those who wait for that.
pub(crate) struct RunLog {
    book: Arc<Book>,
    number: u32,
    id: RunId,
    desk: Arc<Desk>,
}

impl RunLog {
    /// Makes the driver of a run; the caller has entered the run among those that are held.
    pub(super) fn new(book: Arc<Book>, number: u32, id: RunId, desk: Arc<Desk>) -> RunLog {
        RunLog {
            book,
            number,
            id,
            desk,
        }
    }

    /// The id of the run.
    pub(crate) fn id(&self) -> &RunId {
        &self.id
    }

    /// When the run is to be over, in milliseconds of Unix time.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.book.front().index.run(self.number)?.deadline_ms()
    }

    /// Says that the run is driven on the calling thread from now on.
    pub(crate) fn drive_here(&self) {
        self.book.hand_over(self.number, thread::current().id());
    }

    /// Where others of this process ask the run for something.
    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Whether requests may come from other processes.
    pub(crate) fn has_letterbox(&self) -> bool {
        self.book.letterbox().is_some()
    }

    /// Removes a letter whose request is recorded.
    ///
    /// # Errors
    ///
    /// As [`Logbook::applied`](super::Logbook::applied).
    pub(crate) fn applied(&self, letter: &Letter) -> Result<(), LogbookError> {
        self.logbook().applied(letter)
    }

    /// Puts a letter away that cannot be applied.
    ///
    /// # Errors
    ///
    /// As [`Logbook::refuse`](super::Logbook::refuse).
    pub(crate) fn refuse(&self, letter: &Letter, why: &str) -> Result<(), LogbookError> {
        self.logbook().refuse(letter, why)
    }

    fn logbook(&self) -> Logbook {
        Logbook {
            book: self.book.clone(),
        }
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Puts the records of `batch` behind all others, in memory.
    ///
    /// The order of the calls is the order in the file. The records count once the commit has been
    /// waited for. A crash may keep the first records of a batch without the last.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Poisoned`] after a failed write, [`LogbookError::TooLarge`] if a payload
    /// does not fit, [`LogbookError::Unsealable`] if one cannot be sealed; nothing is appended then.
    pub(crate) fn append(&self, batch: &Batch) -> Result<Commit, LogbookError> {
        let pending = match self.book.sealer() {
            None => self.book.append(self.number, batch)?,
            Some(sealer) => {
                let stored = sealer.batch(&self.id, batch)?;
                self.book.append(self.number, &stored)?
            }
        };
        if self.book.is_watched() {
            self.desk.note_record();
        }
        Ok(Commit {
            pending: pending.map(|seq| (self.book.clone(), seq)),
        })
    }
}

impl Drop for RunLog {
    fn drop(&mut self) {
        self.book.release(self.number);
    }
}

impl fmt::Debug for RunLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunLog")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Records that were appended and do not count yet.
#[must_use = "what was appended counts once the commit has been waited for"]
pub(crate) struct Commit {
    /// The book and the number of the last record, unless waiting has to write nothing at all.
    pending: Option<(Arc<Book>, u64)>,
}

impl Commit {
    /// Returns once the records, and all before them, are recorded as the book's durability says.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if this is the call that a write or a sync failed in, and
    /// [`LogbookError::Poisoned`] if an earlier one did.
    pub(crate) fn wait(self) -> Result<(), LogbookError> {
        match self.pending {
            Some((book, seq)) => book.flush(seq),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit")
            .field("seq", &self.pending.as_ref().map(|&(_, seq)| seq))
            .finish_non_exhaustive()
    }
}

/// What came of asking for the right to write for a run.
#[derive(Debug)]
pub(crate) enum Claim {
    /// The book has no run of that id.
    Unknown,
    /// Another driver in this process has it.
    Running,
    /// It is the caller's.
    Taken(RunLog),
}

/// All records of a run.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) begin: Begin,
    /// The bytes of the plan that the run follows.
    pub(crate) plan: Vec<u8>,
    /// What came after `Begin`, in order.
    pub(crate) entries: Vec<Entry>,
}

/// One record of a run.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) atom: u32,
    pub(crate) payload: Payload,
}

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    /// The bytes.
    Read(Vec<u8>),
    /// The place of a value, for [`Logbook::value`](super::Logbook::value): it may be large, and
    /// not be needed.
    At(ValueAt),
}

/// Where the value of an atom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueAt {
    /// The number of the run in the book.
    pub(super) run: u32,
    pub(super) atom: u32,
    pub(super) position: Position,
}
