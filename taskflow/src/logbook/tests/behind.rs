//! A logbook that is written behind the runs.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// A disk that knows what has survived a power cut, and fails once it is told to.
#[derive(Clone, Default)]
struct PowerDisk {
    inner: MemoryDisk,
    safe: MemoryDisk,
    syncs: Arc<AtomicUsize>,
    fails: Arc<AtomicBool>,
}

impl PowerDisk {
    fn open(&self) -> Logbook {
        Logbook::with_disk(Box::new(self.clone()), Durability::Pipelined).unwrap()
    }

    /// What a power cut leaves.
    fn after_a_power_cut(&self) -> Logbook {
        let left = MemoryDisk::new(self.safe.bytes());
        Logbook::with_disk(Box::new(left), Durability::Synced).unwrap()
    }
}

impl Disk for PowerDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(offset, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.inner.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is gone"));
        }
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let safe = self.safe.len()?;
        let all = self.inner.bytes();
        let from = usize::try_from(safe).expect("it fits into memory");
        self.safe.append(&all[from..])
    }
}

/// Waits until something has come about, which takes a few milliseconds.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_was_appended_is_safe_soon_though_nobody_waits_for_it() {
    let disk = PowerDisk::default();
    let book = disk.open();
    let log = run(&book, "r");
    for atom in 0..3 {
        record(&log, &[(Kind::Start, atom, b""), (Kind::Done, atom, b"v")]).unwrap();
        let appended = disk.clone();
        wait_for("it is written", || {
            let left = appended.after_a_power_cut();
            let id = RunId::new("r").unwrap();
            left.run_summary(&id).unwrap().is_some()
                && entries(&left, "r").len() == 2 * (atom as usize + 1)
        });
    }
}

#[test]
fn the_end_of_a_run_is_safe_when_it_is_told() {
    for run_number in 0..50 {
        let disk = PowerDisk::default();
        let book = disk.open();
        let log = run(&book, "r");
        for atom in 0..run_number {
            record(&log, &[(Kind::Start, atom, b""), (Kind::Done, atom, b"v")]).unwrap();
        }
        record(&log, &[(Kind::End, 0, &end(RunState::Succeeded, 0))]).unwrap();
        let left = disk.after_a_power_cut();
        assert_eq!(states(&left), [("r".to_owned(), RunState::Succeeded)]);
        assert_eq!(entries(&left, "r").len(), 2 * run_number as usize + 1);
    }
}

#[test]
fn what_others_are_told_is_safe_first() {
    let asked = request(None, b"what was asked");
    let waits: Vec<Wait> = Vec::new();
    let mut waiting = Vec::new();
    encode(&waits, &mut waiting).unwrap();
    for (kind, payload) in [(Kind::Request, asked), (Kind::Wait, waiting)] {
        let disk = PowerDisk::default();
        let book = disk.open();
        let log = run(&book, "r");
        record(&log, &[(kind, 0, &payload)]).unwrap();
        assert_eq!(entries(&disk.after_a_power_cut(), "r").len(), 1);
    }
    // That a run was started is told by who starts it.
    let disk = PowerDisk::default();
    let book = disk.open();
    let _log = run(&book, "r");
    book.catch_up().unwrap();
    assert_eq!(states(&disk.after_a_power_cut()).len(), 1);
}

#[test]
fn a_sync_that_fails_behind_a_run_stops_it() {
    let disk = PowerDisk::default();
    let book = disk.open();
    let log = run(&book, "r");
    disk.fails.store(true, Ordering::SeqCst);
    let mut poisoned = None;
    wait_for("the run is told", || {
        poisoned = record(&log, &[(Kind::Start, 0, b"")]).err();
        poisoned.is_some()
    });
    let poisoned = poisoned.expect("it has failed").to_string();
    assert!(poisoned.contains("the disk is gone"), "{poisoned}");
    // And what was safe before is there.
    assert!(disk.after_a_power_cut().runs().unwrap().is_empty());
}

#[test]
fn many_records_share_a_sync_and_a_book_that_rests_has_none() {
    let disk = PowerDisk::default();
    let book = disk.open();
    let log = run(&book, "r");
    let before = disk.syncs.load(Ordering::SeqCst);
    let begun = Instant::now();
    for atom in 0..10_000 {
        record(&log, &[(Kind::Start, atom, b"")]).unwrap();
    }
    let most = begun.elapsed().as_millis() + 2;
    let syncs = disk.syncs.load(Ordering::SeqCst) - before;
    assert!(syncs as u128 <= most, "{syncs} syncs in {most} ms");
    book.catch_up().unwrap();
    let after = disk.syncs.load(Ordering::SeqCst);
    // The thread may look once more, and finds nothing to do.
    thread::sleep(Duration::from_millis(20));
    assert_eq!(disk.syncs.load(Ordering::SeqCst), after);
}

#[test]
fn a_book_that_is_closed_can_be_opened_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        let options = Logbook::options(folder.path()).durability(Durability::Pipelined);
        let book = options.open().unwrap();
        assert_eq!(book.runs().unwrap().len(), number);
        let log = run(&book, &format!("r{number}"));
        record(&log, &[(Kind::Start, 0, b"")]).unwrap();
    }
}
