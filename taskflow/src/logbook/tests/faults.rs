//! Disks that fail: after a failure nothing more is written, and what was acknowledged is there.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A disk that counts its calls, and fails the n-th call that changes or syncs it.
#[derive(Clone)]
pub(super) struct FaultDisk {
    inner: MemoryDisk,
    /// What has survived a power cut at this moment.
    pub(super) synced: Arc<Mutex<Vec<u8>>>,
    pub(super) calls: Arc<Calls>,
}

#[derive(Default)]
pub(super) struct Calls {
    appends: AtomicUsize,
    pub(super) syncs: AtomicUsize,
    truncates: AtomicUsize,
    /// How many calls are left until one fails; 0 if none does.
    pub(super) left: AtomicUsize,
}

impl FaultDisk {
    pub(super) fn new(bytes: Vec<u8>, left: usize) -> FaultDisk {
        let calls = Calls {
            left: left.into(),
            ..Calls::default()
        };
        FaultDisk {
            inner: MemoryDisk::new(bytes.clone()),
            synced: Arc::new(Mutex::new(bytes)),
            calls: Arc::new(calls),
        }
    }

    fn call(&self, counter: &AtomicUsize) -> io::Result<()> {
        counter.fetch_add(1, Ordering::SeqCst);
        let left = self.calls.left.load(Ordering::SeqCst);
        self.calls
            .left
            .store(left.saturating_sub(1), Ordering::SeqCst);
        if left == 1 {
            Err(io::Error::other("the disk is gone"))
        } else {
            Ok(())
        }
    }
}

impl Disk for FaultDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(offset, bytes)
    }

    /// A failing write leaves half of the bytes behind.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let calls = self.calls.clone();
        if let Err(error) = self.call(&calls.appends) {
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.inner.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let calls = self.calls.clone();
        self.call(&calls.truncates)?;
        self.inner.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        let calls = self.calls.clone();
        self.call(&calls.syncs)?;
        *self.synced.lock().unwrap() = self.inner.bytes();
        Ok(())
    }
}

/// Records atom after atom until that fails or `atoms` are done; how many were acknowledged.
fn work(disk: FaultDisk, durability: Durability, atoms: u32) -> (u32, Option<LogbookError>) {
    let book = match Logbook::with_disk(Box::new(disk), durability) {
        Ok(book) => book,
        Err(error) => return (0, Some(error)),
    };
    let log = run(&book, "r");
    for atom in 0..atoms {
        if let Err(error) = record(
            &log,
            &[(Kind::Done, atom, b"value"), (Kind::Start, atom, b"")],
        ) {
            assert!(matches!(error, LogbookError::Io { .. }), "{error}");
            check_poisoned(&book, &log, atom);
            return (atom, Some(error));
        }
    }
    (atoms, None)
}

/// After a failure everything is refused but reading what is on the disk.
fn check_poisoned(book: &Logbook, log: &RunLog, acknowledged: u32) {
    let is_poisoned = |error: &LogbookError| {
        let message = error.to_string();
        matches!(error, LogbookError::Poisoned { .. })
            && message.contains("the disk is gone")
            && message.ends_with("then open it again")
    };
    assert!(is_poisoned(
        &log.append(&batch(&[(Kind::Resume, 0, b"")])).unwrap_err()
    ));
    assert!(is_poisoned(
        &book
            .begin(&begin("other"), || Ok(b"the plan".to_vec()))
            .unwrap_err()
    ));
    assert!(is_poisoned(&book.claim(log.id()).unwrap_err()));
    if acknowledged > 0 {
        assert_eq!(book.runs().unwrap().len(), 1);
    }
    for position in dones(book, acknowledged) {
        assert_eq!(book.value(position).unwrap(), b"value");
    }
}

/// The places of the first `count` values.
fn dones(book: &Logbook, count: u32) -> Vec<ValueAt> {
    let front = book.book.front();
    let run = front.index.run(1).expect("the run has begun");
    let dones = run.facts.iter().filter(|fact| fact.kind == Kind::Done);
    dones
        .map(|fact| ValueAt {
            run: 1,
            atom: fact.atom,
            position: fact.position,
        })
        .take(count as usize)
        .collect()
}

/// Opens the bytes that a fault left, and checks that at least the first `count` atoms are there.
fn check_left(bytes: Vec<u8>, count: u32) {
    let disk = MemoryDisk::new(bytes);
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    if book.runs().unwrap().is_empty() {
        assert_eq!(count, 0);
        return;
    }
    let mut atoms = Vec::new();
    for (kind, atom, payload) in entries(&book, "r") {
        if kind == Kind::Done {
            assert_eq!(payload, b"value");
            atoms.push(atom);
        }
    }
    assert!(
        atoms.len() >= count as usize,
        "{count} atoms were acknowledged: {atoms:?}"
    );
    assert!(
        (0..).zip(&atoms).all(|(expected, &atom)| atom == expected),
        "{atoms:?}"
    );
}

#[test]
fn whichever_call_fails_what_was_acknowledged_is_there() {
    for durability in [Durability::Synced, Durability::Os] {
        for nth in 1.. {
            let disk = FaultDisk::new(Vec::new(), nth);
            let (live, synced) = (disk.inner.clone(), disk.synced.clone());
            let (acknowledged, error) = work(disk, durability, 5);
            check_left(live.bytes(), acknowledged);
            if durability == Durability::Synced {
                check_left(synced.lock().unwrap().clone(), acknowledged);
            }
            if error.is_none() {
                assert_eq!(acknowledged, 5);
                break;
            }
        }
    }
}

#[test]
fn whichever_call_fails_while_a_torn_book_opens_the_next_opening_is_the_same() {
    let disk = MemoryDisk::default();
    sample(&Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap());
    let mut torn = disk.bytes();
    torn.pop();
    for nth in 1.. {
        let disk = FaultDisk::new(torn.clone(), nth);
        let left = disk.inner.clone();
        let opened = Logbook::with_disk(Box::new(disk), Durability::Synced);
        let is_open = opened.is_ok();
        drop(opened);
        let again = Logbook::with_disk(Box::new(left), Durability::Synced).unwrap();
        assert_eq!(entries(&again, "first").len(), 10);
        if is_open {
            break;
        }
    }
}

#[test]
fn a_failed_write_that_nobody_waited_for_shows_at_the_next_commit() {
    let disk = FaultDisk::new(Vec::new(), 0);
    let calls = disk.calls.clone();
    let book = Logbook::with_disk(Box::new(disk), Durability::Os).unwrap();
    let log = run(&book, "r");
    let early = log.append(&batch(&[(Kind::Start, 0, b"")])).unwrap();
    let late = log.append(&batch(&[(Kind::Done, 0, b"v")])).unwrap();
    calls.left.store(1, Ordering::SeqCst);
    assert!(matches!(early.wait(), Err(LogbookError::Io { .. })));
    let error = late.wait().unwrap_err();
    let LogbookError::Poisoned { cause } = &error else {
        panic!("{error}")
    };
    assert!(matches!(&**cause, LogbookError::Io { doing: "write", .. }));
    // It is said once, by the message.
    assert!(error.to_string().contains(&cause.to_string()));
    assert!(std::error::Error::source(&error).is_none());
    // What was lost with the write is not made up when it is read.
    let position = dones(&book, 1)[0];
    assert!(matches!(
        book.value(position),
        Err(LogbookError::Poisoned { .. })
    ));
}

/// The calls of a book with three batches of two records, since it was opened.
fn calls(durability: Durability, end: bool) -> (usize, usize) {
    let disk = FaultDisk::new(Vec::new(), 0);
    let calls = disk.calls.clone();
    let book = Logbook::with_disk(Box::new(disk), durability).unwrap();
    let count = || {
        (
            calls.appends.load(Ordering::SeqCst),
            calls.syncs.load(Ordering::SeqCst),
        )
    };
    let before = count();
    assert_eq!(before, (1, 1), "a new file is written and synced");
    let log = run(&book, "r");
    assert_eq!(
        count(),
        before,
        "a run that begins goes with its first records"
    );
    for atom in 0..3 {
        record(
            &log,
            &[(Kind::Done, atom, b"value"), (Kind::Start, atom + 1, b"")],
        )
        .unwrap();
    }
    if end {
        record(&log, &[(Kind::End, 0, &[RunState::Succeeded.code()])]).unwrap();
    }
    let after = count();
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn a_finish_and_the_starts_that_it_causes_are_one_write_and_one_sync() {
    assert_eq!(calls(Durability::Synced, false), (3, 3));
    assert_eq!(calls(Durability::Os, false), (3, 0));
    assert_eq!(calls(Durability::Never, false), (0, 0));
    assert_eq!(calls(Durability::Never, true), (1, 0));
}

#[test]
fn a_commit_that_another_has_written_writes_nothing() {
    let disk = FaultDisk::new(Vec::new(), 0);
    let calls = disk.calls.clone();
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    let log = run(&book, "r");
    let commits: Vec<Commit> = (0..10)
        .map(|atom| log.append(&batch(&[(Kind::Done, atom, b"v")])).unwrap())
        .collect();
    for commit in commits.into_iter().rev() {
        commit.wait().unwrap();
    }
    assert_eq!(calls.appends.load(Ordering::SeqCst), 2);
    assert_eq!(calls.syncs.load(Ordering::SeqCst), 2);
}

#[test]
fn a_full_buffer_and_a_dropped_book_are_written_whatever_the_durability() {
    let disk = FaultDisk::new(Vec::new(), 0);
    let (calls, left) = (disk.calls.clone(), disk.inner.clone());
    let book = Logbook::with_disk(Box::new(disk), Durability::Never).unwrap();
    let log = run(&book, "r");
    record(&log, &[(Kind::Done, 0, &vec![1; 60_000])]).unwrap();
    assert_eq!(calls.appends.load(Ordering::SeqCst), 1);
    record(&log, &[(Kind::Done, 1, &vec![1; 60_000])]).unwrap();
    assert_eq!(calls.appends.load(Ordering::SeqCst), 2);
    record(&log, &[(Kind::Done, 2, b"last")]).unwrap();
    assert_eq!(calls.appends.load(Ordering::SeqCst), 2);
    drop((log, book));
    assert_eq!(calls.appends.load(Ordering::SeqCst), 3);
    assert_eq!(calls.syncs.load(Ordering::SeqCst), 1);
    let book = Logbook::with_disk(Box::new(left), Durability::Never).unwrap();
    assert_eq!(entries(&book, "r").len(), 3);
}

#[test]
fn opening_syncs_what_a_killed_process_left_unsynced() {
    let disk = MemoryDisk::default();
    sample(&Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap());
    for (durability, syncs) in [(Durability::Synced, 1), (Durability::Os, 0)] {
        let disk = FaultDisk::new(disk.bytes(), 0);
        let calls = disk.calls.clone();
        drop(Logbook::with_disk(Box::new(disk), durability).unwrap());
        assert_eq!(calls.syncs.load(Ordering::SeqCst), syncs);
        assert_eq!(calls.appends.load(Ordering::SeqCst), 0);
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn a_payload_that_does_not_fit_into_a_frame_is_refused() {
    let largest = u32::MAX as usize;
    assert!(book::check_size(largest).is_ok());
    let error = book::check_size(largest + 1).unwrap_err().to_string();
    assert!(
        error.starts_with("a record of 4294967296 bytes does not fit"),
        "{error}"
    );
}
