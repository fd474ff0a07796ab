//! A disk that fails at every call in turn: the run stops and says that its logbook failed, claims
//! nothing that is not recorded, and goes on from a healthy disk to the end that it would have had.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taskflow::logbook::{Disk, MemoryDisk};
use taskflow::{
    AnyEngine, Durability, Logbook, Parallel, RunError, RunId, RunState, TaskContext, flow, task,
};
use tests::crash::{CASES, Case, Fault, FaultyDisk, World, done_and_due, judge, settle};

const FAULTS: [Fault; 3] = [Fault::Error, Fault::Short, Fault::Late];

#[test]
fn every_call_fails_once_serial() {
    every_call_fails_once("serial");
}

#[test]
fn every_call_fails_once_parallel() {
    every_call_fails_once("parallel:2");
}

fn every_call_fails_once(engine: &str) {
    let engine: AnyEngine = engine.parse().unwrap();
    for case in CASES {
        for fault in FAULTS {
            let mut left = 0;
            while fails_at(case, fault, left, &engine) {
                left += 1;
            }
            assert!(left > 8, "`{}` makes only {left} calls", case.name);
        }
    }
}

/// `false` if the run ends before the disk has failed.
fn fails_at(case: &Case, fault: Fault, left: u64, engine: &AnyEngine) -> bool {
    let disk = MemoryDisk::default();
    let world = World::in_memory();
    let what = format!("{fault:?} after {left} calls");
    if !drive_faulty(case, &disk, fault, left, engine, &world, &what) {
        return false;
    }
    // Whoever takes it up meets a disk that fails too, and so reads fail in the middle of a run.
    for again in 0..3 {
        let left = (left * 7 + again * 5) % 40;
        let what = format!("{what}, then after {left}");
        drive_faulty(case, &disk, Fault::Error, left, engine, &world, &what);
    }
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    let settled = settle(case.name, case.name, engine, &book, &world)
        .unwrap_or_else(|error| panic!("{} ({what}): {error}", case.name));
    judge(case, &settled.ends, &world, usize::MAX, &what);
    true
}

/// Drives a run on a disk that fails; whether the disk got to that.
fn drive_faulty(
    case: &Case,
    disk: &MemoryDisk,
    fault: Fault,
    left: u64,
    engine: &AnyEngine,
    world: &World,
    what: &str,
) -> bool {
    let (faulty, count) = FaultyDisk::new(Box::new(disk.clone()), fault, left);
    // Relaxed: the threads that counted are gone.
    let has_failed = || count.load(Ordering::Relaxed) > left;
    let Ok(book) = Logbook::with_disk(Box::new(faulty), Durability::Synced) else {
        assert!(has_failed(), "{} ({what}): it was not opened", case.name);
        return true;
    };
    let result = settle(case.name, case.name, engine, &book, world);
    if !has_failed() {
        let settled = result.unwrap_or_else(|error| panic!("{} ({what}): {error}", case.name));
        judge(case, &settled.ends, world, usize::MAX, what);
        return false;
    }
    match result {
        Err(RunError::Book(_)) => {}
        // It may be the clerk for whom the disk could not be read.
        Ok(settled) if !case.signals.is_empty() => {
            judge(case, &settled.ends, world, usize::MAX, what);
            return true;
        }
        other => panic!("{} ({what}): {other:?}", case.name),
    }
    // What the book claims now, a healthy disk has.
    let id = RunId::try_from(case.name).unwrap();
    let state = |book: &Logbook| book.run_summary(&id).unwrap().map(|run| run.state);
    let done = |book: &Logbook| done_and_due(case.name, &id, &[], engine, book);
    let (claimed, claimed_done) = (state(&book), done(&book));
    drop(book);
    let copy = MemoryDisk::new(disk.bytes());
    let healthy = Logbook::with_disk(Box::new(copy), Durability::Synced).unwrap();
    if let Some(claimed) = claimed.filter(|&state| is_end(state)) {
        assert_eq!(state(&healthy), Some(claimed), "{} ({what})", case.name);
    }
    if let Ok((claimed, _)) = claimed_done {
        let (done, _) = done(&healthy)
            .unwrap_or_else(|error| panic!("{} ({what}): {claimed:?}, {error}", case.name));
        for task in claimed {
            assert!(done.contains(&task), "{} ({what}): `{task}`", case.name);
        }
    }
    true
}

fn is_end(state: RunState) -> bool {
    !matches!(state, RunState::Running | RunState::Interrupted)
}

/// A disk that fails from the moment on that somebody says so.
struct BreakingDisk {
    disk: MemoryDisk,
    broken: Arc<AtomicBool>,
}

impl Disk for BreakingDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(offset, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is broken"));
        }
        self.disk.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync()
    }
}

/// What the tasks below tell each other.
#[derive(Debug, Clone, Default)]
struct Signals {
    broken: Arc<AtomicBool>,
    waiting: Arc<AtomicBool>,
}

fn wait_until(what: impl Fn() -> bool) -> Result<(), String> {
    let begun = Instant::now();
    while !what() {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("nothing happened for half a minute".to_owned());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Waits for the run to stop.
#[task]
fn patient(signals: &Signals, ctx: &TaskContext) -> Result<(), String> {
    signals.waiting.store(true, Ordering::SeqCst);
    wait_until(|| ctx.is_stopping())
}

/// Ends when the other is under way and nothing can be recorded any more.
#[task]
fn breaking(signals: &Signals) -> Result<(), String> {
    wait_until(|| signals.waiting.load(Ordering::SeqCst))?;
    signals.broken.store(true, Ordering::SeqCst);
    Ok(())
}

#[task]
fn never() {
    panic!("what comes after the failure was started");
}

flow! {
    struct Siblings { #[resource] signals: Signals } -> ()
    linear[unordered[patient, breaking], never]
}

#[test]
fn siblings_are_told_to_stop() {
    let signals = Signals::default();
    let disk = BreakingDisk {
        disk: MemoryDisk::default(),
        broken: signals.broken.clone(),
    };
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    let engine = Parallel::with_threads(2).unwrap();
    let begun = Instant::now();
    let error = Siblings { signals }.run(&engine, &book).unwrap_err();
    assert!(matches!(error, RunError::Book(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "nobody was told");
}
