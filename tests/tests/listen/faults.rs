//! Nothing is told that is not in the logbook, and nothing that is in it is left out by those who
//! go on.

use taskflow::logbook::MemoryDisk;
use taskflow::{AnyEngine, Capture, Durability, Logbook};
use tests::crash::{Fault, FaultyDisk};

use crate::order::{ENGINES, Wide};
use crate::records::{heard, recorded};

#[test]
fn a_write_that_fails_tells_nothing() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        for fault in [Fault::Error, Fault::Short, Fault::Late] {
            for good in [true, false] {
                for left in 0.. {
                    if !fails_and_goes_on(&engine, fault, left, good) {
                        assert!(left > 8, "the run makes only {left} calls");
                        break;
                    }
                }
            }
        }
    }
}

/// `false` if the run ends before the disk has failed.
fn fails_and_goes_on(engine: &AnyEngine, fault: Fault, left: u64, good: bool) -> bool {
    let disk = MemoryDisk::default();
    let (faulty, count) = FaultyDisk::new(Box::new(disk.clone()), fault, left);
    let first = Capture::new();
    if let Ok(book) = Logbook::with_disk(Box::new(faulty), Durability::Synced) {
        let flow = Wide { good }.id("w").listen(first.clone());
        drop(flow.run(engine, &book));
    }
    let first = heard(&first.take_events());
    let there = recorded(&disk.bytes());
    assert!(there.starts_with(&first), "{first:?} of {there:?}");

    let second = Capture::new();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Synced).unwrap();
    let there = recorded(&disk.bytes());
    let flow = Wide { good }.id("w").listen(second.clone());
    assert_eq!(flow.run(engine, &book).is_ok(), good);
    drop(book);
    let all = recorded(&disk.bytes());
    assert_eq!(heard(&second.take_events()), all[there.len()..]);
    // Relaxed: the threads that counted are gone.
    count.load(std::sync::atomic::Ordering::Relaxed) > left
}
