//! The book that all handles share: a front that takes records in, and a back that writes them.
//!
//! Two locks, taken in this order if both are: the back (the disk, held while writing and syncing)
//! and the front (the buffer and the index, held for as long as it takes to copy a batch). Whoever
//! waits for a commit writes everything that is pending; those who come meanwhile go on appending
//! to the other buffer, and then find that theirs was written along, or write for all of them.

use std::collections::HashMap;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use super::batch::Batch;
use super::behind::Behind;
use super::desk::Desk;
use super::disk::{Disk, Lock};
use super::frame::{self, HEADER, Header};
use super::index::{Driven, Index, Position};
use super::letterbox::Letterbox;
use super::record::Kind;
use super::scan::{Torn, scan};
use super::seal::{self, Sealer};
use super::{Durability, LogbookError};

/// Above this, a buffer is handed to the operating system even if nobody waits for that, in bytes.
const BUFFER_FULL: usize = 64 * 1024;

/// Above this, the memory of a buffer is given back once it is written, in bytes.
const BUFFER_LARGE: usize = 1024 * 1024;

/// A logbook that is open for writing.
pub(super) struct Book {
    file: PathBuf,
    durability: Durability,
    torn: Option<Torn>,
    /// What payloads are sealed with, if they are.
    sealer: Option<Sealer>,
    back: Mutex<Back>,
    front: Mutex<Front>,
    /// Signals that a run in `Front::held` was released.
    released: Condvar,
    /// Held while somebody looks for a run to go on with; nothing is guarded by it but the order.
    looking: Mutex<()>,
    /// The sequence number up to which every record is recorded as the durability says.
    acknowledged: AtomicU64,
    /// Somebody wants to know for how long nothing was recorded of a run.
    watched: AtomicBool,
    /// The thread that writes behind the runs, if one does.
    behind: Option<Arc<Behind>>,
    /// Where other processes leave requests; a book without a folder has none.
    letterbox: Option<Letterbox>,
    /// Given back last, when what was pending is written.
    _lock: Option<Lock>,
}

/// A run that has a driver in this process.
pub(super) struct Held {
    /// The thread that the driver is on.
    pub(super) driver: ThreadId,
    pub(super) desk: Arc<Desk>,
}

/// What appending needs.
pub(super) struct Front {
    /// The frames that are not handed to the disk yet.
    buffer: Vec<u8>,
    /// The offset in the file that the buffer's first byte gets.
    start: u64,
    /// The sequence number of the last record.
    seq: u64,
    /// The first failure; nothing is written after it.
    broken: Option<Arc<LogbookError>>,
    pub(super) index: Index,
    /// The runs that have a driver in this process, by their numbers.
    pub(super) held: HashMap<u32, Held>,
}

/// What writing needs.
struct Back {
    disk: Box<dyn Disk>,
    /// The buffer that is written while the front fills the other; empty in between.
    spare: Vec<u8>,
    /// How many bytes the disk holds.
    written: u64,
}

impl Book {
    /// Reads what `disk` holds, cuts off what is torn, and makes the disk ready to be written.
    pub(super) fn open(
        mut disk: Box<dyn Disk>,
        file: PathBuf,
        durability: Durability,
        lock: Option<Lock>,
        sealer: Option<Sealer>,
    ) -> Result<Book, LogbookError> {
        let scan = scan(&mut *disk, &file)?;
        // Before anything is changed.
        let check = seal::check(sealer.as_ref(), &scan, &file)?;
        let mut written = scan.end;
        if scan.torn.is_some() {
            disk.truncate(written)
                .map_err(LogbookError::io("truncate", &file))?;
        }
        let is_new = written == 0;
        if is_new {
            let header = frame::file_header();
            disk.append(&header)
                .map_err(LogbookError::io("write", &file))?;
            written = header.len() as u64;
        }
        // What a killed process had written and not synced has just been read, and will be acted
        // upon: it must be as durable as what this process writes.
        if is_new || scan.torn.is_some() || durability.syncs() {
            disk.sync().map_err(LogbookError::io("sync", &file))?;
        }
        let book = Book {
            file,
            durability,
            torn: scan.torn,
            sealer,
            back: Mutex::new(Back {
                disk,
                spare: Vec::new(),
                written,
            }),
            front: Mutex::new(Front {
                buffer: Vec::new(),
                start: written,
                seq: scan.seq,
                broken: None,
                index: scan.index,
                held: HashMap::new(),
            }),
            released: Condvar::new(),
            looking: Mutex::new(()),
            acknowledged: AtomicU64::new(scan.seq),
            watched: AtomicBool::new(false),
            behind: (durability == Durability::Pipelined).then(Arc::default),
            letterbox: lock.as_ref().map(|lock| Letterbox::new(lock.folder())),
            _lock: lock,
        };
        if let Some(check) = check {
            check_size(check.len())?;
            let seq = {
                let mut front = book.front();
                front.push(Kind::Seal, 0, 0, frame::crc(&check), &check);
                front.seq
            };
            // Who posts looks into the file whether to seal.
            book.harden(seq)?;
        }
        Ok(book)
    }

    /// The book for all its handles.
    pub(super) fn share(self) -> Result<Arc<Book>, LogbookError> {
        let book = Arc::new(self);
        if let Some(behind) = &book.behind {
            behind
                .start(Arc::downgrade(&book))
                .map_err(LogbookError::io("start a thread to write", &book.file))?;
        }
        Ok(book)
    }

    pub(super) fn sealer(&self) -> Option<&Sealer> {
        self.sealer.as_ref()
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    pub(super) fn letterbox(&self) -> Option<&Letterbox> {
        self.letterbox.as_ref()
    }

    /// Locks the front. No code of others runs under this lock and every change is checked before
    /// it is made, so that a panic leaves nothing half done.
    pub(super) fn front(&self) -> MutexGuard<'_, Front> {
        self.front.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the back. A thread that panicked while it wrote leaves the disk in an unknown state.
    fn back(&self) -> Result<MutexGuard<'_, Back>, LogbookError> {
        self.back.lock().map_err(|_| {
            let panicked = std::io::Error::other("a thread panicked while it wrote");
            let cause = LogbookError::io("write", &self.file)(panicked);
            LogbookError::Poisoned {
                cause: Arc::new(cause),
            }
        })
    }

    /// Puts the records of a batch behind the others. Returns the sequence number of the last one
    /// if a commit has to write it.
    pub(super) fn append(&self, run: u32, batch: &Batch) -> Result<Option<u64>, LogbookError> {
        check_size(batch.largest())?;
        let mut front = self.front();
        front.check()?;
        for (kind, atom, crc, payload) in batch.records() {
            front.push(kind, run, atom, crc, payload);
        }
        let seq = front.seq;
        let writes = match self.durability {
            Durability::Synced | Durability::Os => true,
            Durability::Pipelined => batch.is_told(),
            Durability::Never => batch.has_end() || front.buffer.len() > BUFFER_FULL,
        };
        drop(front);
        // Also of what is told: who appended it may have something to do before it waits.
        if let Some(behind) = &self.behind {
            behind.note();
        }
        Ok(writes.then_some(seq))
    }

    /// Returns once every record up to `seq` is recorded as the durability says.
    pub(super) fn flush(&self, seq: u64) -> Result<(), LogbookError> {
        if self.has_acknowledged(seq) {
            return Ok(());
        }
        let mut back = self.back()?;
        // Another thread may have written it while this one waited for the lock.
        if self.has_acknowledged(seq) {
            return Ok(());
        }
        let upto = {
            let mut front = self.front();
            front.check()?;
            front.start += front.buffer.len() as u64;
            mem::swap(&mut front.buffer, &mut back.spare);
            front.seq
        };
        match back.write(&self.file, self.durability.syncs()) {
            Ok(()) => {
                // Release: who sees the number sees the records on the disk.
                self.acknowledged.store(upto, Ordering::Release);
                Ok(())
            }
            Err(error) => Err(self.break_off(error)),
        }
    }

    /// Returns once every record up to `seq` would survive a power cut, whatever the durability.
    pub(super) fn harden(&self, seq: u64) -> Result<(), LogbookError> {
        self.flush(seq)?;
        if self.durability.syncs() {
            return Ok(());
        }
        let mut back = self.back()?;
        // A sync that comes after a failed one may succeed and say nothing.
        self.front().check()?;
        let synced = back.disk.sync();
        synced.map_err(|error| self.break_off(LogbookError::io("sync", &self.file)(error)))
    }

    /// Sees to it that nothing is written after a failure.
    fn break_off(&self, error: LogbookError) -> LogbookError {
        self.front().broken = Some(Arc::new(error.clone()));
        error
    }

    /// Returns once everything that has been appended counts.
    pub(super) fn catch_up(&self) -> Result<(), LogbookError> {
        let seq = {
            let front = self.front();
            front.check()?;
            front.seq
        };
        match self.durability {
            Durability::Synced | Durability::Os | Durability::Pipelined => self.flush(seq),
            Durability::Never => Ok(()),
        }
    }

    fn has_acknowledged(&self, seq: u64) -> bool {
        // Acquire: pairs with the store after a write.
        self.acknowledged.load(Ordering::Acquire) >= seq
    }

    /// The sequence number up to which records count in listings.
    pub(super) fn acknowledged(&self, front: &Front) -> u64 {
        match self.durability {
            Durability::Never => front.seq,
            // Acquire: pairs with the store after a write.
            Durability::Synced | Durability::Os | Durability::Pipelined => {
                self.acknowledged.load(Ordering::Acquire)
            }
        }
    }

    /// Reads a payload again, be it on the disk or still in the buffer, and checks it.
    pub(super) fn read(&self, at: Position) -> Result<Vec<u8>, LogbookError> {
        let mut bytes = vec![0; at.len as usize];
        if bytes.is_empty() {
            return Ok(bytes);
        }
        let mut back = self.back()?;
        if at.offset < back.written {
            back.disk
                .read_at(at.offset, &mut bytes)
                .map_err(LogbookError::io("read", &self.file))?;
        } else {
            let front = self.front();
            let start = at
                .offset
                .checked_sub(front.start)
                .and_then(|at| usize::try_from(at).ok());
            match start.and_then(|start| front.buffer.get(start..)?.get(..bytes.len())) {
                Some(payload) => bytes.copy_from_slice(payload),
                // What is in neither place was being written when that failed.
                None => front.check()?,
            }
        }
        if frame::crc(&bytes) == at.crc {
            return Ok(bytes);
        }
        Err(LogbookError::Damaged {
            file: self.file.clone(),
            offset: at.offset - HEADER as u64,
            what: "the payload of a record does not match its checksum any more".into(),
        })
    }

    /// Waits for others that look for a run to go on with, and keeps them waiting.
    pub(super) fn look_alone(&self) -> MutexGuard<'_, ()> {
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a run which has a driver is driven on another thread.
    pub(super) fn hand_over(&self, run: u32, thread: ThreadId) {
        if let Some(held) = self.front().held.get_mut(&run) {
            held.driver = thread;
        }
    }

    /// Gives up the right to drive a run.
    pub(super) fn release(&self, run: u32) {
        self.front().held.remove(&run);
        self.released.notify_all();
    }

    /// Returns once nobody in this process drives the run; `false` at once if the calling thread
    /// does, which would wait for itself.
    pub(super) fn wait_released(&self, run: u32) -> bool {
        let mut front = self.front();
        while let Some(held) = front.held.get(&run) {
            if held.driver == thread::current().id() {
                return false;
            }
            front = self
                .released
                .wait(front)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }
}

impl Book {
    /// From here on it is noted when something is recorded, which costs a look at the clock.
    pub(super) fn watch(&self) {
        // Relaxed: what was recorded before does not matter.
        self.watched.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        if let Some(behind) = &self.behind {
            behind.close();
        }
        // Nobody waited for what is left, so that there is nobody to tell if this fails.
        let seq = self.front().seq;
        let _ = self.flush(seq);
    }
}

impl Front {
    /// Makes the caller the driver of a run that has none.
    pub(super) fn hold(&mut self, run: u32, desk: Desk) -> Arc<Desk> {
        let desk = Arc::new(desk);
        let held = Held {
            driver: thread::current().id(),
            desk: desk.clone(),
        };
        self.held.insert(run, held);
        desk
    }

    /// Whether a run has a driver, and whether that has nothing to do but to wait.
    pub(super) fn driven(&self, run: u32) -> Driven {
        match self.held.get(&run) {
            None => Driven::No,
            Some(held) if held.desk.waits() => Driven::Waits,
            Some(_) => Driven::Works,
        }
    }

    /// Refuses to go on after a failure.
    pub(super) fn check(&self) -> Result<(), LogbookError> {
        match &self.broken {
            None => Ok(()),
            Some(cause) => Err(LogbookError::Poisoned {
                cause: cause.clone(),
            }),
        }
    }

    /// Puts one record behind the others; its size has been checked.
    pub(super) fn push(&mut self, kind: Kind, run: u32, atom: u32, crc: u32, payload: &[u8]) {
        let len = u32::try_from(payload.len()).expect("the size of a payload has been checked");
        let header = Header {
            len,
            kind: kind.code(),
            seq: self.seq + 1,
            run,
            atom,
            crc,
        };
        let offset = self.start + (self.buffer.len() + HEADER) as u64;
        // Reading the file will judge the record by the same function: what it would refuse must
        // not get there.
        if let Err(what) = self.index.note(kind, &header, offset, payload) {
            panic!("a record is appended that could not be read: {what}");
        }
        header.append_to(&mut self.buffer);
        self.buffer.extend_from_slice(payload);
        self.seq = header.seq;
    }
}

impl Back {
    /// Hands the spare buffer to the disk in one piece, and empties it.
    fn write(&mut self, file: &Path, sync: bool) -> Result<(), LogbookError> {
        self.disk
            .append(&self.spare)
            .map_err(LogbookError::io("write", file))?;
        self.written += self.spare.len() as u64;
        self.spare.clear();
        if self.spare.capacity() > BUFFER_LARGE {
            self.spare = Vec::new();
        }
        if sync {
            self.disk.sync().map_err(LogbookError::io("sync", file))?;
        }
        Ok(())
    }
}

/// Refuses what does not fit into the length field of a frame.
pub(super) fn check_size(bytes: usize) -> Result<(), LogbookError> {
    match u32::try_from(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(LogbookError::TooLarge { bytes }),
    }
}
