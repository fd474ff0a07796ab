//! A logbook that is written behind the runs.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::faults::FaultDisk;
use super::*;

fn open(disk: &FaultDisk) -> Logbook {
    Logbook::with_disk(Box::new(disk.clone()), Durability::Pipelined).unwrap()
}

/// What a power cut leaves of the book.
fn after_a_power_cut(disk: &FaultDisk) -> Logbook {
    let left = MemoryDisk::new(disk.synced.lock().unwrap().clone());
    Logbook::with_disk(Box::new(left), Durability::Synced).unwrap()
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
    let disk = FaultDisk::new(Vec::new(), 0);
    let book = open(&disk);
    let log = run(&book, "r");
    for atom in 0..3 {
        record(&log, &[(Kind::Start, atom, b""), (Kind::Done, atom, b"v")]).unwrap();
        wait_for("it is written", || {
            let left = after_a_power_cut(&disk);
            let id = RunId::new("r").unwrap();
            left.run_summary(&id).unwrap().is_some()
                && entries(&left, "r").len() == 2 * (atom as usize + 1)
        });
    }
}

#[test]
fn the_end_of_a_run_is_safe_when_it_is_told() {
    for run_number in 0..50 {
        let disk = FaultDisk::new(Vec::new(), 0);
        let book = open(&disk);
        let log = run(&book, "r");
        for atom in 0..run_number {
            record(&log, &[(Kind::Start, atom, b""), (Kind::Done, atom, b"v")]).unwrap();
        }
        record(&log, &[(Kind::End, 0, &end(RunState::Succeeded, 0))]).unwrap();
        let left = after_a_power_cut(&disk);
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
        let disk = FaultDisk::new(Vec::new(), 0);
        let book = open(&disk);
        let log = run(&book, "r");
        record(&log, &[(kind, 0, &payload)]).unwrap();
        assert_eq!(entries(&after_a_power_cut(&disk), "r").len(), 1);
    }
    // That a run was started is told by who starts it.
    let disk = FaultDisk::new(Vec::new(), 0);
    let book = open(&disk);
    let _log = run(&book, "r");
    book.catch_up().unwrap();
    assert_eq!(states(&after_a_power_cut(&disk)).len(), 1);
}

#[test]
fn a_write_that_fails_behind_a_run_stops_it() {
    let disk = FaultDisk::new(Vec::new(), 0);
    let book = open(&disk);
    let log = run(&book, "r");
    disk.calls.left.store(1, Ordering::SeqCst);
    let mut poisoned = None;
    wait_for("the run is told", || {
        poisoned = record(&log, &[(Kind::Start, 0, b"")]).err();
        poisoned.is_some()
    });
    let poisoned = poisoned.expect("it has failed").to_string();
    assert!(poisoned.contains("the disk is gone"), "{poisoned}");
    // And what was safe before is there.
    assert!(after_a_power_cut(&disk).runs().unwrap().is_empty());
}

#[test]
fn many_records_share_a_sync_and_a_book_that_rests_has_none() {
    let disk = FaultDisk::new(Vec::new(), 0);
    let book = open(&disk);
    let log = run(&book, "r");
    let before = disk.calls.syncs.load(Ordering::SeqCst);
    let begun = Instant::now();
    for atom in 0..10_000 {
        record(&log, &[(Kind::Start, atom, b"")]).unwrap();
    }
    let most = begun.elapsed().as_millis() + 2;
    let syncs = disk.calls.syncs.load(Ordering::SeqCst) - before;
    assert!(syncs as u128 <= most, "{syncs} syncs in {most} ms");
    book.catch_up().unwrap();
    let after = disk.calls.syncs.load(Ordering::SeqCst);
    // The thread may look once more, and finds nothing to do.
    thread::sleep(Duration::from_millis(20));
    assert_eq!(disk.calls.syncs.load(Ordering::SeqCst), after);
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
