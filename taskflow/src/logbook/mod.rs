//! The logbook: the authoritative record of runs, written before anything becomes visible.
//!
//! It knows plans and runs as bytes and numbers, and nothing of tasks, engines or flows. The bytes,
//! the invariants, what each durability promises against which fault, and what is assumed of a
//! disk stand in the `README.md` beside this file.

// What a user of the library meets.
mod error;
mod inbox;
mod names;
mod options;
mod reader;
mod run_id;
mod state;
mod waiting;

// What drives a run meets.
mod batch;
mod desk;
mod letter;
mod letterbox;
mod record;
mod run_log;
mod seal;

// How records are taken in, written and found again.
mod behind;
mod book;
mod filter;
mod index;
mod scan;

// Bytes.
mod codec;
mod disk;
mod frame;
mod strict;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime};

use self::book::{Book, check_size};
use self::disk::Lock;
use self::frame::HEADER;
use self::index::{Fact, Position, RunIndex};
use self::seal::Sealer;

pub use self::codec::{DecodeError, EncodeError};
#[doc(hidden)]
pub use self::disk::{Disk, MemoryDisk};
pub use self::error::LogbookError;
pub use self::inbox::Inbox;
pub use self::letter::{InvalidLetterId, LetterId};
pub use self::names::UnknownName;
pub use self::options::{Durability, LogbookOptions};
pub use self::reader::LogbookReader;
pub use self::run_id::{InvalidRunId, RunId};
pub use self::scan::Torn;
#[cfg(feature = "seal")]
pub use self::seal::Aead;
pub use self::seal::{Seal, SealContext, SealError};
pub use self::state::{RunState, RunSummary};
pub use self::waiting::{Waiting, WaitsFor};

pub(crate) use self::batch::Batch;
pub(crate) use self::codec::{decode, encode, encode_checked, without_value};
pub(crate) use self::desk::{Asked, Desk, Reply};
pub(crate) use self::filter::Filter;
pub(crate) use self::letter::{Ask, Letter, Told, Value};
pub(crate) use self::record::{Begin, Bytes, Kind, end, request, split_request};
pub(crate) use self::run_log::{Claim, Commit, Entry, History, Payload, RunLog, ValueAt};
pub(crate) use self::waiting::Wait;

/// Where runs are recorded, so that one that is killed can go on.
///
/// A logbook is a folder that one process at a time holds open; [`LogbookReader`] looks at it
/// without holding it, and an [`Inbox`] asks something of its runs. Many runs share one logbook.
/// Clones are the same logbook, and cheap.
///
/// ```
/// use taskflow::logbook::{Durability, Logbook};
///
/// # let folder = std::env::temp_dir().join(format!("logbook-{}.book", std::process::id()));
/// let book = Logbook::options(&folder).durability(Durability::Os).open()?;
/// assert!(book.runs()?.is_empty());
/// # drop(book);
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), taskflow::logbook::LogbookError>(())
/// ```
#[derive(Clone)]
pub struct Logbook {
    book: Arc<Book>,
}

impl Logbook {
    /// Opens the logbook in the folder `path`, and makes it if it is not there. Every change is
    /// synced; [`options`](Logbook::options) says otherwise.
    ///
    /// # Errors
    ///
    /// As [`LogbookOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Logbook, LogbookError> {
        Logbook::options(path).open()
    }

    /// How to open the logbook in the folder `path`.
    pub fn options(path: impl AsRef<Path>) -> LogbookOptions {
        LogbookOptions::new(path.as_ref().to_owned())
    }

    /// A logbook in memory, which is gone when the last clone of it is.
    ///
    /// # Panics
    ///
    /// Never: memory does not refuse to be read or written.
    #[must_use]
    pub fn memory() -> Logbook {
        Logbook::with_disk(Box::new(MemoryDisk::default()), Durability::Never)
            .expect("an empty memory is a new logbook")
    }

    /// A logbook on a disk of the caller's own, without a lock.
    ///
    /// # Errors
    ///
    /// As [`LogbookOptions::open`], save that nobody else holds it.
    #[doc(hidden)]
    pub fn with_disk(disk: Box<dyn Disk>, durability: Durability) -> Result<Logbook, LogbookError> {
        Logbook::on(disk, PathBuf::from("(memory)"), durability, None, None)
    }

    fn on(
        disk: Box<dyn Disk>,
        file: PathBuf,
        durability: Durability,
        lock: Option<Lock>,
        sealer: Option<Sealer>,
    ) -> Result<Logbook, LogbookError> {
        Ok(Logbook {
            book: Book::open(disk, file, durability, lock, sealer)?.share()?,
        })
    }

    /// Every run, in the order in which they began.
    ///
    /// # Errors
    ///
    /// What the place where the records are kept says. A logbook on a disk keeps the list in
    /// memory and has none.
    pub fn runs(&self) -> Result<Vec<RunSummary>, LogbookError> {
        let front = self.book.front();
        let acknowledged = self.book.acknowledged(&front);
        Ok(front
            .index
            .runs()
            .map(|(number, run)| run.summary(front.driven(number), acknowledged))
            .collect())
    }

    /// The runs of the flow that are not at their end, in the order in which they began: every
    /// state but `Succeeded`, `Reverted` and `Cancelled`.
    ///
    /// # Errors
    ///
    /// As [`runs`](Logbook::runs).
    pub fn unfinished(&self, flow: &str) -> Result<Vec<RunSummary>, LogbookError> {
        let front = self.book.front();
        let acknowledged = self.book.acknowledged(&front);
        let of_flow = front.index.runs().filter(|(_, run)| run.flow() == flow);
        let runs = of_flow
            .map(|(number, run)| run.summary(front.driven(number), acknowledged))
            .filter(|run| run.state.is_unfinished());
        Ok(runs.collect())
    }

    /// What a listing says of the run of this id, or `None` if there is no such run.
    ///
    /// # Errors
    ///
    /// As [`runs`](Logbook::runs).
    pub fn run_summary(&self, id: &RunId) -> Result<Option<RunSummary>, LogbookError> {
        let front = self.book.front();
        let acknowledged = self.book.acknowledged(&front);
        Ok(front.index.number(id).and_then(|number| {
            let run = front.index.run(number)?;
            Some(run.summary(front.driven(number), acknowledged))
        }))
    }

    /// Up to `limit` of the runs that the filter admits, in the order in which they began, from the
    /// first behind the run of the number `after`. Each comes with its own number, which leads on
    /// to what is behind it.
    pub(crate) fn select(
        &self,
        filter: &Filter,
        after: u32,
        limit: usize,
    ) -> Vec<(u32, RunSummary)> {
        let front = self.book.front();
        let acknowledged = self.book.acknowledged(&front);
        let runs = front.index.runs_after(after);
        runs.filter(|(_, run)| filter.admits(run))
            .take(limit)
            .map(|(number, run)| (number, run.summary(front.driven(number), acknowledged)))
            .collect()
    }

    /// The number of the run of this id in the book, from 1, in the order of beginning.
    pub(crate) fn number(&self, id: &RunId) -> Option<u32> {
        self.book.front().index.number(id)
    }

    /// Whether somebody in this process drives the run.
    pub(crate) fn is_driven(&self, id: &RunId) -> bool {
        let front = self.book.front();
        let number = front.index.number(id);
        number.is_some_and(|number| front.held.contains_key(&number))
    }

    /// From here on, [`silence`](Logbook::silence) tells of every record.
    pub(crate) fn watch(&self) {
        self.book.watch();
    }

    /// How long nothing was recorded of a run that somebody in this process drives.
    pub(crate) fn silence(&self, id: &RunId) -> Option<Duration> {
        let front = self.book.front();
        let number = front.index.number(id)?;
        Some(front.held.get(&number)?.desk.silence())
    }

    /// How often the run was taken up since anything last came of it; 0 if it is not there.
    pub(crate) fn fruitless_resumes(&self, id: &RunId) -> u32 {
        let front = self.book.front();
        let run = front.index.number(id).and_then(|at| front.index.run(at));
        run.map_or(0, RunIndex::fruitless_resumes)
    }

    /// What a crash had cut off at the end of the file, and opening dropped.
    #[must_use]
    pub fn torn(&self) -> Option<&Torn> {
        self.book.torn()
    }

    /// Begins a run, and makes the caller its driver. `plan` makes the bytes of its plan,
    /// which are stored once per fingerprint.
    ///
    /// Nothing is written: the records go with the first ones that the run appends.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Exists`] if there is a run of this id, [`LogbookError::Dropped`] if there was
    /// one and the id still counts as used, [`LogbookError::Poisoned`] after a
    /// failed write, [`LogbookError::TooLarge`] if the plan or the inputs do not fit, and
    /// [`LogbookError::Unsealable`] if the inputs cannot be sealed.
    pub(crate) fn begin(
        &self,
        begin: &Begin,
        plan: impl FnOnce() -> Result<Vec<u8>, EncodeError>,
    ) -> Result<RunLog, LogbookError> {
        let fingerprint = begin.plan;
        let mut payload = Vec::new();
        match self.book.sealer() {
            None => encode(begin, &mut payload)?,
            Some(sealer) => encode(&sealer.begin(begin)?, &mut payload)?,
        }
        check_size(payload.len())?;
        let is_new = !self.book.front().index.has_plan(fingerprint);
        let plan = if is_new { plan()? } else { Vec::new() };
        let plan = [&fingerprint.to_le_bytes(), &*plan].concat();
        check_size(plan.len())?;

        let mut front = self.book.front();
        front.check()?;
        if front.index.number(&begin.id).is_some() {
            return Err(LogbookError::Exists {
                id: begin.id.clone(),
            });
        }
        if front.index.kept_until(&begin.id).is_some_and(lies_ahead) {
            return Err(LogbookError::Dropped {
                id: begin.id.clone(),
            });
        }
        // Another thread may have begun a run of the same flow meanwhile.
        if is_new && !front.index.has_plan(fingerprint) {
            front.push(Kind::Plan, 0, 0, frame::crc(&plan), &plan);
        }
        let number = front.index.next_number();
        front.push(Kind::Begin, number, 0, frame::crc(&payload), &payload);
        let desk = front.hold(number, Desk::default());
        Ok(RunLog::new(
            self.book.clone(),
            number,
            begin.id.clone(),
            desk,
        ))
    }

    /// Drops a run that is at its end: nothing tells of it any more, as if it had never been. For as
    /// long as `keep_id` says, its id counts as used all the same, so that somebody who starts the
    /// same thing again and again under one id does not do it once more; then a new run may have
    /// it.
    ///
    /// The memory that the logbook holds for the run is given back, save for its id. The file does
    /// not get shorter: the records stay in it, hidden.
    ///
    /// Returns whether there was such a run.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Unfinished`] if it is not at its end, or as a commit has them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use taskflow::{Logbook, Serial, flow, task};
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
    /// let book = Logbook::memory();
    /// let once = || Double { number: 21 }.id("once").run(&Serial, &book);
    /// once()?;
    /// assert!(book.drop_run(&"once".parse()?, Duration::from_hours(24))?);
    /// assert!(book.runs()?.is_empty());
    /// // It is known to be done, though not any more what came of it.
    /// assert!(once().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drop_run(&self, id: &RunId, keep_id: Duration) -> Result<bool, LogbookError> {
        let dropped = self.append_drop(id, keep_id)?;
        self.catch_up()?;
        Ok(dropped)
    }

    /// As [`drop_run`](Logbook::drop_run); it counts once the book has caught up.
    pub(crate) fn append_drop(&self, id: &RunId, keep_id: Duration) -> Result<bool, LogbookError> {
        let unfinished = || LogbookError::Unfinished { id: id.clone() };
        let log = match self.claim_shortly(id)? {
            Claim::Unknown => return Ok(false),
            Claim::Running => return Err(unfinished()),
            Claim::Taken(log) => log,
        };
        if self
            .run_summary(id)?
            .is_none_or(|run| run.state.is_unfinished())
        {
            return Err(unfinished());
        }
        let mut batch = Batch::default();
        let until = now_ms().saturating_add(millis(keep_id));
        batch.push(Kind::Drop, 0, &until.to_le_bytes());
        drop(log.append(&batch)?);
        Ok(true)
    }

    /// Whether the id is that of a run that is dropped, and counts as used.
    pub(crate) fn is_kept(&self, id: &RunId) -> bool {
        let until = self.book.front().index.kept_until(id);
        until.is_some_and(lies_ahead)
    }

    /// Makes the caller the driver of a run, if the run is there and has none.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Poisoned`] after a failed write: nothing could be recorded.
    pub(crate) fn claim(&self, id: &RunId) -> Result<Claim, LogbookError> {
        self.claim_at(id, Desk::default())
    }

    /// The same for a moment, to note something down.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn claim_shortly(&self, id: &RunId) -> Result<Claim, LogbookError> {
        self.claim_at(id, Desk::closed())
    }

    fn claim_at(&self, id: &RunId, desk: Desk) -> Result<Claim, LogbookError> {
        let mut front = self.book.front();
        front.check()?;
        let Some(number) = front.index.number(id) else {
            return Ok(Claim::Unknown);
        };
        if front.held.contains_key(&number) {
            return Ok(Claim::Running);
        }
        let desk = front.hold(number, desk);
        Ok(Claim::Taken(RunLog::new(
            self.book.clone(),
            number,
            id.clone(),
            desk,
        )))
    }

    /// Asks the driver of a run for something: where the answer comes, if it has a driver in this
    /// process.
    pub(crate) fn ask(&self, id: &RunId, ask: Ask) -> Option<Reply> {
        let desk = {
            let front = self.book.front();
            let number = front.index.number(id)?;
            front.held.get(&number)?.desk.clone()
        };
        Some(desk.ask(ask))
    }

    /// Returns once nobody in this process drives the run; `false` at once if the calling thread
    /// does, which would wait for itself.
    pub(crate) fn wait_released(&self, id: &RunId) -> bool {
        let number = self.book.front().index.number(id);
        number.is_none_or(|number| self.book.wait_released(number))
    }

    /// Returns once everything that has been appended counts, for who is to see no more than that
    /// of a run that another drives.
    ///
    /// # Errors
    ///
    /// As a commit has them.
    pub(crate) fn catch_up(&self) -> Result<(), LogbookError> {
        self.book.catch_up()
    }

    /// Keeps others of this process from looking for a run to go on with, and then beginning one
    /// since there was none, while the caller does.
    pub(crate) fn look_alone(&self) -> MutexGuard<'_, ()> {
        self.book.look_alone()
    }

    /// What a run began with, or `None` if there is no such run.
    ///
    /// # Errors
    ///
    /// As [`history`](Logbook::history).
    pub(crate) fn begun(&self, id: &RunId) -> Result<Option<Begin>, LogbookError> {
        let begin = {
            let front = self.book.front();
            let number = front.index.number(id);
            number.and_then(|number| Some(front.index.run(number)?.begin))
        };
        begin.map(|begin| self.read_begin(begin)).transpose()
    }

    fn read_begin(&self, at: Position) -> Result<Begin, LogbookError> {
        let begin = decode(&self.book.read(at)?)?;
        match self.book.sealer() {
            None => Ok(begin),
            Some(sealer) => sealer.begun(begin).map_err(self.unopened(at)),
        }
    }

    /// For `map_err`: where the record is that cannot be opened.
    fn unopened(&self, at: Position) -> impl FnOnce(SealError) -> LogbookError {
        move |source| LogbookError::Unopened {
            file: self.book.file().to_owned(),
            offset: at.offset - HEADER as u64,
            source,
        }
    }

    /// Everything that is appended of a run, or `None` if there is no such run. Of values it has
    /// the place alone, for [`value`](Logbook::value).
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] or [`LogbookError::Damaged`] if the records do not come back as they
    /// were written.
    pub(crate) fn history(&self, id: &RunId) -> Result<Option<History>, LogbookError> {
        let (number, begin, plan, facts) = {
            let front = self.book.front();
            let Some(number) = front.index.number(id) else {
                return Ok(None);
            };
            let Some(run) = front.index.run(number) else {
                return Ok(None);
            };
            (number, run.begin, run.plan, run.facts.clone())
        };
        let begin = self.read_begin(begin)?;
        let mut plan = self.book.read(plan)?;
        plan.drain(..size_of::<u64>());
        let entries = facts
            .into_iter()
            .map(|fact| self.entry(&begin.id, number, fact))
            .collect::<Result<_, _>>()?;
        Ok(Some(History {
            begin,
            plan,
            entries,
        }))
    }

    fn entry(&self, id: &RunId, run: u32, fact: Fact) -> Result<Entry, LogbookError> {
        let (atom, position) = (fact.atom, fact.position);
        let payload = match fact.kind {
            Kind::Done => Payload::At(ValueAt {
                run,
                atom,
                position,
            }),
            kind => Payload::Read(self.payload(kind, id, atom, position)?),
        };
        Ok(Entry {
            kind: fact.kind,
            atom: fact.atom,
            payload,
        })
    }

    /// Reads a payload, and opens what of it is sealed.
    fn payload(
        &self,
        kind: Kind,
        id: &RunId,
        atom: u32,
        at: Position,
    ) -> Result<Vec<u8>, LogbookError> {
        let stored = self.book.read(at)?;
        match self.book.sealer() {
            None => Ok(stored),
            Some(sealer) => {
                let opened = sealer.payload(kind, id, atom, stored);
                opened.map_err(self.unopened(at))
            }
        }
    }

    /// Reads the value at `at` again.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] or [`LogbookError::Damaged`] if it does not come back as it was
    /// written.
    pub(crate) fn value(&self, at: ValueAt) -> Result<Vec<u8>, LogbookError> {
        if self.book.sealer().is_none() {
            return self.book.read(at.position);
        }
        let id = {
            let front = self.book.front();
            front.index.run(at.run).map(|run| run.id().clone())
        };
        match id {
            Some(id) => self.payload(Kind::Done, &id, at.atom, at.position),
            None => unreachable!("a value is that of a run of this book"),
        }
    }
}

impl fmt::Debug for Logbook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logbook")
            .field("file", &self.book.file())
            .finish_non_exhaustive()
    }
}

/// Now, in milliseconds of Unix time.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    millis(now.unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a point in time, in milliseconds of Unix time, is yet to come.
fn lies_ahead(ms: u64) -> bool {
    ms > now_ms()
}

/// The runs of the flow among `runs` that are not at their end.
fn unfinished(mut runs: Vec<RunSummary>, flow: &str) -> Vec<RunSummary> {
    runs.retain(|run| run.flow == flow && run.state.is_unfinished());
    runs
}
