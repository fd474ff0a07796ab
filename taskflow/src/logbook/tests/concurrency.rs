//! Several threads share one book.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;

#[test]
fn what_eight_threads_append_is_all_there_in_order() {
    const THREADS: u32 = 8;
    const ATOMS: u32 = 200;
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Synced).unwrap();
    thread::scope(|scope| {
        for n in 0..THREADS {
            let book = book.clone();
            scope.spawn(move || {
                let log = run(&book, &format!("run-{n}"));
                for atom in 0..ATOMS {
                    let value = (n * ATOMS + atom).to_le_bytes();
                    record(
                        &log,
                        &[(Kind::Done, atom, &value), (Kind::Start, atom, b"")],
                    )
                    .unwrap();
                }
            });
        }
    });
    // A copy of the bytes, while the book is open: all was acknowledged.
    let copy = MemoryDisk::new(disk.bytes());
    for book in [
        book,
        Logbook::with_disk(Box::new(copy), Durability::Synced).unwrap(),
    ] {
        for n in 0..THREADS {
            let entries = entries(&book, &format!("run-{n}"));
            assert_eq!(entries.len(), 2 * ATOMS as usize);
            for (atom, pair) in (0..).zip(entries.chunks(2)) {
                let value = (n * ATOMS + atom).to_le_bytes().to_vec();
                assert_eq!(pair[0], (Kind::Done, atom, value));
                assert_eq!(pair[1], (Kind::Start, atom, Vec::new()));
            }
        }
    }
}

/// A value may be in the buffer, on its way to the disk, or on the disk: it is read all the same.
#[test]
fn what_was_appended_can_be_read_while_others_write() {
    let book = Logbook::with_disk(Box::new(MemoryDisk::default()), Durability::Os).unwrap();
    let log = run(&book, "r");
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|n| {
                let log = &log;
                scope.spawn(move || {
                    for _ in 0..300 {
                        record(log, &[(Kind::Done, n, &n.to_le_bytes())]).unwrap();
                    }
                })
            })
            .collect();
        let mut seen = 0;
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let entries = entries(&book, "r");
            assert!(entries.len() >= seen);
            seen = entries.len();
            for (_, n, value) in entries {
                assert_eq!(value, n.to_le_bytes());
            }
        }
    });
    assert_eq!(entries(&book, "r").len(), 900);
}

/// A disk whose syncs wait until the test lets each go on.
struct SlowDisk {
    inner: MemoryDisk,
    begun: mpsc::Sender<()>,
    go_on: mpsc::Receiver<()>,
}

impl Disk for SlowDisk {
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
        self.begun.send(()).map_err(io::Error::other)?;
        self.go_on.recv().map_err(io::Error::other)
    }
}

/// While one thread waits for the disk, others append without waiting; the next sync is for all of
/// them, and there is no third.
#[test]
fn appending_does_not_wait_for_a_sync_and_the_next_sync_is_shared() {
    let (begun, has_begun) = mpsc::channel();
    let (go, go_on) = mpsc::channel();
    let disk = SlowDisk {
        inner: MemoryDisk::default(),
        begun,
        go_on,
    };
    go.send(()).unwrap();
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    has_begun.recv().unwrap();
    let log = run(&book, "r");
    thread::scope(|scope| {
        let first = log.append(&batch(&[(Kind::Start, 0, b"")])).unwrap();
        scope.spawn(|| first.wait().unwrap());
        has_begun.recv().unwrap();
        // The first sync goes on until the test says otherwise, and this returns meanwhile.
        let later: Vec<Commit> = (1..9)
            .map(|atom| log.append(&batch(&[(Kind::Start, atom, b"")])).unwrap())
            .collect();
        for commit in later {
            scope.spawn(|| commit.wait().unwrap());
        }
        go.send(()).unwrap();
        has_begun.recv().unwrap();
        go.send(()).unwrap();
    });
    assert!(
        has_begun.try_recv().is_err(),
        "eight commits share one sync"
    );
    assert_eq!(entries(&book, "r").len(), 9);
}

#[test]
fn a_run_has_one_driver_and_those_who_wait_are_woken() {
    let book = Logbook::memory();
    let id = RunId::new("r").unwrap();
    assert!(matches!(book.claim(&id), Ok(Claim::Unknown)));
    book.wait_released(&id);
    let log = run(&book, "r");
    assert!(matches!(book.claim(&id), Ok(Claim::Running)));
    thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        let (book, id) = (&book, &id);
        scope.spawn(move || {
            book.wait_released(id);
            done.send(()).unwrap();
        });
        assert!(is_done.recv_timeout(Duration::from_millis(20)).is_err());
        drop(log);
        is_done.recv().unwrap();
    });
    let Ok(Claim::Taken(log)) = book.claim(&id) else {
        panic!("the run is free")
    };
    assert_eq!(log.id(), &id);
    assert!(matches!(book.claim(&id), Ok(Claim::Running)));
}

#[test]
fn handles_may_be_shared_and_sent() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Logbook>();
    check::<LogbookReader>();
    check::<LogbookError>();
    check::<RunLog>();
    check::<Commit>();
    check::<Batch>();
}
