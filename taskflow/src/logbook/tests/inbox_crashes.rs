//! A crash wherever a letter is posted or taken: it is applied exactly once all the same.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

/// Tells a child where its book is, and that it is the child.
const FOLDER: &str = "TASKFLOW_TEST_INBOX";

fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

/// A disk whose process is gone from the n-th call on that changes or syncs it.
struct StopDisk {
    inner: Box<dyn Disk>,
    state: Arc<Stop>,
}

struct Stop {
    /// How many calls are left.
    left: AtomicUsize,
    /// Whether something was written that was not synced.
    dirty: AtomicBool,
}

impl StopDisk {
    fn call(&self) -> io::Result<()> {
        let left = self.state.left.load(Ordering::SeqCst);
        let left = left.checked_sub(1);
        let left = left.ok_or_else(|| io::Error::other("the process is gone"))?;
        self.state.left.store(left, Ordering::SeqCst);
        Ok(())
    }
}

impl Disk for StopDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(offset, bytes)
    }

    /// Half of the bytes get there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.state.dirty.store(true, Ordering::SeqCst);
        if let Err(error) = self.call() {
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.inner.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.call()?;
        self.inner.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call()?;
        self.state.dirty.store(false, Ordering::SeqCst);
        self.inner.sync()
    }
}

/// Opens the book on a disk that stops after `left` calls.
fn open(folder: &Path, durability: Durability, left: usize) -> (Option<Logbook>, Arc<Stop>) {
    let state = Arc::new(Stop {
        left: left.into(),
        dirty: false.into(),
    });
    let disk = state.clone();
    let book = Logbook::options(folder)
        .durability(durability)
        .open_through(|inner| Box::new(StopDisk { inner, state: disk }));
    (book.ok(), state)
}

#[test]
fn a_crash_at_any_call_of_the_disk_leaves_a_letter_to_be_applied_once() {
    for durability in [Durability::Synced, Durability::Os, Durability::Never] {
        let tmp = tempfile::tempdir().unwrap();
        record(
            &run(&Logbook::open(tmp.path()).unwrap(), "r"),
            &[(Kind::Start, 0, b"")],
        )
        .unwrap();
        let inbox = Inbox::at(tmp.path());
        let mut posted = Vec::new();
        for left in 0.. {
            posted.push(inbox.suspend(&id("r")).unwrap());
            let (book, _) = open(tmp.path(), durability, left);
            let taken = book
                .as_ref()
                .and_then(|book| take(book, &claim(book, "r")).ok());
            if taken.is_none() {
                assert!(
                    inbox.is_pending(*posted.last().unwrap()).unwrap(),
                    "a file is removed after its record is there alone"
                );
            }
            drop(book);
            let book = Logbook::open(tmp.path()).unwrap();
            take(&book, &claim(&book, "r")).unwrap();
            assert!(!inbox.is_pending(*posted.last().unwrap()).unwrap());
            assert_eq!(recorded_letters(&book, "r"), posted);
            if taken.is_some() {
                break;
            }
        }
        assert!(posted.len() > 2, "there were calls to fail");
    }
}

#[test]
fn a_crash_between_the_record_and_the_removal_applies_nothing_again() {
    let tmp = tempfile::tempdir().unwrap();
    let inbox = Inbox::at(tmp.path());
    let book = Logbook::open(tmp.path()).unwrap();
    let log = run(&book, "r");
    let posted = inbox.suspend(&id("r")).unwrap();
    apply(&log, &book.letters().unwrap()[0]).unwrap();
    drop((log, book));
    let book = Logbook::open(tmp.path()).unwrap();
    assert!(inbox.is_pending(posted).unwrap());
    assert_eq!(book.letters().unwrap(), []);
    assert!(!inbox.is_pending(posted).unwrap());
    assert_eq!(recorded_letters(&book, "r"), [posted]);
}

#[test]
fn a_file_goes_when_its_record_would_survive_a_power_cut() {
    for durability in [Durability::Synced, Durability::Os, Durability::Never] {
        let tmp = tempfile::tempdir().unwrap();
        let (book, disk) = open(tmp.path(), durability, usize::MAX);
        let book = book.unwrap();
        let log = run(&book, "r");
        let inbox = Inbox::at(tmp.path());
        for by_the_next_look in [false, true] {
            let posted = inbox.suspend(&id("r")).unwrap();
            let letter = log.letters().unwrap().remove(0);
            apply(&log, &letter).unwrap();
            if by_the_next_look {
                assert_eq!(book.letters().unwrap(), []);
            } else {
                book.applied(&letter).unwrap();
            }
            assert!(!inbox.is_pending(posted).unwrap());
            assert!(!disk.dirty.load(Ordering::SeqCst), "{durability}");
            assert!(
                fs::read(tmp.path().join("00000001.log"))
                    .unwrap()
                    .windows(16)
                    .any(|bytes| bytes == posted.bytes())
            );
        }
    }
}

#[test]
fn a_letter_stays_if_its_record_may_be_lost() {
    let tmp = tempfile::tempdir().unwrap();
    let (book, disk) = open(tmp.path(), Durability::Os, usize::MAX);
    let book = book.unwrap();
    let log = run(&book, "r");
    let inbox = Inbox::at(tmp.path());
    let posted = inbox.suspend(&id("r")).unwrap();
    let letter = log.letters().unwrap().remove(0);
    // The record is written and cannot be synced; then nothing can be said any more.
    disk.left.store(1, Ordering::SeqCst);
    apply(&log, &letter).unwrap();
    let error = book.applied(&letter).unwrap_err();
    assert!(
        matches!(&error, LogbookError::Io { doing: "sync", .. }),
        "{error}"
    );
    disk.left.store(usize::MAX, Ordering::SeqCst);
    assert!(matches!(book.letters(), Err(LogbookError::Poisoned { .. })));
    assert!(inbox.is_pending(posted).unwrap());
}

#[test]
fn a_crash_while_a_letter_is_refused_refuses_it_again() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    let inbox = Inbox::at(tmp.path());
    let posted = inbox.suspend(&id("nobody")).unwrap();
    // The reason was written and the letter not moved.
    let refused = tmp.path().join("inbox/refused");
    fs::create_dir(&refused).unwrap();
    fs::write(refused.join(format!("{posted}.why")), b"half a rea").unwrap();
    assert_eq!(inbox.refusal(posted).unwrap(), None);
    assert_eq!(book.letters().unwrap(), []);
    let why = inbox.refusal(posted).unwrap().unwrap();
    assert!(why.contains("the logbook has no run `nobody`"), "{why}");
    assert_eq!(fs::read_dir(&refused).unwrap().count(), 2);
}

fn spawn(test: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(format!("logbook::tests::inbox_crashes::{test}"))
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child says after `word`, as it says it.
fn said(child: &mut Child, word: &'static str) -> impl Iterator<Item = LetterId> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.filter_map(move |line| {
        let line = line.ok()?;
        Some(line.split_once(word)?.1.parse().unwrap())
    })
}

/// The part of a child that posts, and says what it has posted.
#[test]
fn poster() {
    let Ok(folder) = env::var(FOLDER) else { return };
    for _ in 0..40 {
        let letter = Inbox::at(&folder).signal(&id("r"), "go", &1_u8).unwrap();
        println!("posted {letter}");
    }
}

/// The part of a child that holds the book and takes letters until it is killed.
#[test]
fn holder() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let book = Logbook::options(folder)
        .durability(Durability::Os)
        .wait_for_lock(Duration::from_mins(1))
        .open()
        .unwrap();
    let log = claim(&book, "r");
    loop {
        for letter in log.letters().unwrap() {
            apply(&log, &letter).unwrap();
            println!("applied {}", letter.id);
            book.applied(&letter).unwrap();
        }
    }
}

#[test]
fn holders_and_posters_may_be_killed_at_any_moment() {
    let tmp = tempfile::tempdir().unwrap();
    record(
        &run(&Logbook::open(tmp.path()).unwrap(), "r"),
        &[(Kind::Start, 0, b"")],
    )
    .unwrap();
    let mut posted = HashSet::new();
    let mut told = HashSet::new();
    for round in 0..4 {
        let mut posters = [spawn("poster", tmp.path()), spawn("poster", tmp.path())];
        let mut holder = spawn("holder", tmp.path());
        told.extend(said(&mut holder, "applied ").take(5 + 3 * round));
        holder.kill().unwrap();
        holder.wait().unwrap();
        let [first, second] = &mut posters;
        // One posts all that it has, the other is killed in between.
        posted.extend(said(first, "posted "));
        posted.extend(said(second, "posted ").take(10 * round));
        for mut poster in posters {
            poster.kill().unwrap();
            poster.wait().unwrap();
        }
    }
    let book = Logbook::open(tmp.path()).unwrap();
    take(&book, &claim(&book, "r")).unwrap();
    assert_eq!(book.letters().unwrap(), []);
    let recorded = recorded_letters(&book, "r");
    let once: HashSet<LetterId> = recorded.iter().copied().collect();
    assert_eq!(once.len(), recorded.len(), "none is applied twice");
    assert!(posted.is_subset(&once), "none is lost that was posted");
    assert!(told.is_subset(&once), "none is lost that was applied");
    assert!(!told.is_empty());
    // A poster that is killed leaves nothing that is taken for a letter.
    assert!(!tmp.path().join("inbox/refused").exists());
}
