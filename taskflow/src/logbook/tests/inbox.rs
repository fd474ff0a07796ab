//! Letters in the inbox: which are applied, which are refused, and what is seen of both.

use std::fs;
use std::path::PathBuf;
use std::thread;

use super::*;

fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

/// A book with a run, in a folder of its own.
struct Shelf {
    tmp: tempfile::TempDir,
    book: Logbook,
    log: RunLog,
    inbox: Inbox,
}

impl Shelf {
    fn new() -> Shelf {
        let tmp = tempfile::tempdir().unwrap();
        let book = Logbook::options(tmp.path())
            .durability(Durability::Os)
            .open()
            .unwrap();
        let log = run(&book, "r");
        record(&log, &[(Kind::Start, 0, b"")]).unwrap();
        let inbox = Inbox::at(tmp.path());
        Shelf {
            tmp,
            book,
            log,
            inbox,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.tmp.path().join("inbox").join(name)
    }

    /// Puts a file into the inbox, sees it refused, and returns why.
    fn refused(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.file(name), bytes).unwrap();
        assert_eq!(self.book.letters().unwrap(), []);
        assert!(!self.file(name).exists());
        let kept = self.file("refused").join(name);
        assert_eq!(fs::read(&kept).unwrap(), bytes, "what is refused is kept");
        fs::read_to_string(kept.with_extension("why")).unwrap()
    }
}

#[test]
fn what_is_posted_is_taken_in_order_and_once() {
    let shelf = Shelf::new();
    let (inbox, r) = (&shelf.inbox, id("r"));
    assert_eq!(shelf.book.letters().unwrap(), []);
    let posted = [
        inbox.suspend(&r).unwrap(),
        inbox.cancel(&r).unwrap(),
        inbox.cancel_and_revert(&r).unwrap(),
        inbox.rerun(&r).unwrap(),
        inbox.revert(&r).unwrap(),
        inbox.signal(&r, "approval", &(7_u16, true)).unwrap(),
        inbox.signal_json(&r, "approval", "[7, true]").unwrap(),
        inbox.resolve_rerun(&r, "a/b").unwrap(),
        inbox.resolve_done(&r, "a/b", &7_u8).unwrap(),
        inbox.resolve_done_json(&r, "a/b", "7").unwrap(),
        inbox.resolve_failed(&r, "a/b").unwrap(),
    ];
    let letters = shelf.book.letters().unwrap();
    let asks: Vec<Ask> = letters.iter().map(|letter| letter.ask.clone()).collect();
    let signal = |value| Ask::Signal {
        name: "approval".to_owned(),
        value,
    };
    let resolve = |answer| Ask::Resolve {
        task: "a/b".to_owned(),
        answer,
    };
    assert_eq!(
        asks,
        [
            Ask::Suspend,
            Ask::Cancel { revert: false },
            Ask::Cancel { revert: true },
            Ask::Rerun,
            Ask::Revert,
            signal(Value::Bincode(Bytes(vec![7, 0, 1]))),
            signal(Value::Json("[7, true]".to_owned())),
            resolve(Told::Rerun),
            resolve(Told::Done(Value::Bincode(Bytes(vec![7])))),
            resolve(Told::Done(Value::Json("7".to_owned()))),
            resolve(Told::Fail),
        ]
    );
    assert!(posted.iter().all(|&id| inbox.is_pending(id).unwrap()));
    assert_eq!(take(&shelf.book, &shelf.log).unwrap(), posted);
    assert_eq!(shelf.book.letters().unwrap(), []);
    for letter in posted {
        assert!(!inbox.is_pending(letter).unwrap());
        assert_eq!(inbox.refusal(letter).unwrap(), None);
    }
    assert_eq!(recorded_letters(&shelf.book, "r"), posted);
}

#[test]
fn a_driver_sees_the_letters_of_its_own_run() {
    let shelf = Shelf::new();
    let other = run(&shelf.book, "other");
    let first = shelf.inbox.suspend(&id("r")).unwrap();
    let second = shelf.inbox.suspend(&id("other")).unwrap();
    assert_eq!(take(&shelf.book, &other).unwrap(), [second]);
    assert_eq!(take(&shelf.book, &other).unwrap(), []);
    assert_eq!(take(&shelf.book, &shelf.log).unwrap(), [first]);
}

#[test]
fn a_letter_that_is_applied_and_still_there_is_removed_by_the_next_look() {
    let shelf = Shelf::new();
    let posted = shelf.inbox.suspend(&id("r")).unwrap();
    let letter = shelf.book.letters().unwrap().remove(0);
    let commit = shelf.log.append(&batch(&[(
        Kind::Request,
        0,
        &request(Some(posted), b"what was asked"),
    )]));
    assert!(shelf.inbox.is_pending(posted).unwrap());
    assert_eq!(shelf.book.letters().unwrap(), []);
    assert!(!shelf.inbox.is_pending(posted).unwrap());
    commit.unwrap().wait().unwrap();
    // Whoever appended it does not know that the file is gone.
    shelf.book.applied(&letter).unwrap();
}

#[test]
fn a_letter_waits_for_the_next_holder_and_a_reader_can_post() {
    let Shelf { tmp, book, log, .. } = Shelf::new();
    drop((book, log));
    let inbox = LogbookReader::open(tmp.path()).unwrap().inbox();
    let posted = inbox.suspend(&id("r")).unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    assert!(inbox.is_pending(posted).unwrap());
    assert_eq!(take(&book, &claim(&book, "r")).unwrap(), [posted]);
    drop(book);
    let book = Logbook::open(tmp.path()).unwrap();
    assert_eq!(recorded_letters(&book, "r"), [posted]);
    assert_eq!(book.letters().unwrap(), []);
}

#[test]
fn many_post_at_once_while_the_holder_takes() {
    let shelf = Shelf::new();
    let r = id("r");
    thread::scope(|scope| {
        let posters: Vec<_> = (0..4)
            .map(|_| {
                let post = || shelf.inbox.signal(&r, "go", &1_u8).unwrap();
                scope.spawn(move || (0..25).map(|_| post()).collect::<Vec<_>>())
            })
            .collect();
        // Another thread looks too, as one does that drives another run.
        let looker = scope.spawn(|| {
            while !posters.iter().all(thread::ScopedJoinHandle::is_finished) {
                shelf.book.letters().unwrap();
            }
            posters
        });
        let mut taken = Vec::new();
        while taken.len() < 100 {
            taken.extend(take(&shelf.book, &shelf.log).unwrap());
        }
        let posters = looker.join().unwrap();
        for posted in posters.into_iter().map(|poster| poster.join().unwrap()) {
            // Those of one poster are applied in its order.
            let in_order: Vec<_> = taken.iter().filter(|id| posted.contains(id)).collect();
            assert_eq!(in_order, posted.iter().collect::<Vec<_>>());
        }
        assert_eq!(recorded_letters(&shelf.book, "r"), taken);
    });
    assert_eq!(shelf.book.letters().unwrap(), []);
}

#[test]
fn what_is_no_letter_is_put_aside_with_the_reason() {
    let shelf = Shelf::new();
    let posted = shelf.inbox.suspend(&id("r")).unwrap();
    let name = format!("{posted}.letter");
    let whole = fs::read(shelf.file(&name)).unwrap();
    fs::remove_file(shelf.file(&name)).unwrap();

    let why = shelf.refused("notes.letter", b"dear book");
    assert_eq!(
        why,
        "`notes.letter` was not applied: its name is not that of a letter; see to that and post \
         the request again\n"
    );
    // A second one of the same name does not take the place of the first.
    fs::write(shelf.file("notes.letter"), b"again").unwrap();
    assert_eq!(shelf.book.letters().unwrap(), []);
    let refused = fs::read_dir(shelf.file("refused")).unwrap().count();
    assert_eq!(refused, 4);
    assert_eq!(
        fs::read(shelf.file("refused/notes.letter")).unwrap(),
        b"dear book"
    );

    let other = "0".repeat(31) + "1.letter";
    let why = shelf.refused(&other, &whole);
    let what = format!("it holds the letter {posted}, which its name does not say");
    assert!(why.contains(&what), "{why}");

    let why = shelf.refused(&name, &whole[..whole.len() - 1]);
    assert!(why.contains("it has "), "{why}");
    let seen = shelf.inbox.refusal(posted).unwrap();
    assert_eq!(seen.as_deref(), Some(why.trim_end()));
    assert!(!shelf.inbox.is_pending(posted).unwrap());

    let folder = "0".repeat(31) + "2.letter";
    fs::create_dir(shelf.file(&folder)).unwrap();
    assert_eq!(shelf.book.letters().unwrap(), []);
    assert!(shelf.file("refused").join(&folder).is_dir());
    assert_eq!(recorded_letters(&shelf.book, "r"), []);
}

#[test]
fn a_letter_that_was_repaired_and_put_back_is_applied() {
    let shelf = Shelf::new();
    let posted = shelf.inbox.suspend(&id("r")).unwrap();
    let name = format!("{posted}.letter");
    let letter = shelf.book.letters().unwrap().remove(0);
    shelf.book.refuse(&letter, "the run is at its end").unwrap();
    let why = shelf.inbox.refusal(posted).unwrap().unwrap();
    assert_eq!(
        why,
        format!(
            "`{name}` was not applied: the run is at its end; see to that and post the request \
             again"
        )
    );
    fs::rename(shelf.file("refused").join(&name), shelf.file(&name)).unwrap();
    assert_eq!(shelf.inbox.refusal(posted).unwrap(), None);
    assert_eq!(take(&shelf.book, &shelf.log).unwrap(), [posted]);
}

#[test]
fn a_letter_for_a_run_that_is_not_there_is_refused() {
    let shelf = Shelf::new();
    let posted = shelf.inbox.suspend(&id("order-4711")).unwrap();
    assert_eq!(shelf.book.letters().unwrap(), []);
    let why = shelf.inbox.refusal(posted).unwrap().unwrap();
    assert!(
        why.contains("the logbook has no run `order-4711`; see to that"),
        "{why}"
    );
}

#[test]
fn what_is_being_written_is_left_alone() {
    let shelf = Shelf::new();
    for name in ["half.tmp", ".letter", "letter", "notes.txt"] {
        fs::write(shelf.file(name), b"half").unwrap();
    }
    assert_eq!(shelf.book.letters().unwrap(), []);
    assert!(!shelf.file("refused").exists());
    for name in ["half.tmp", ".letter", "letter", "notes.txt"] {
        assert_eq!(fs::read(shelf.file(name)).unwrap(), b"half");
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_no_letter() {
    let shelf = Shelf::new();
    let name = "0".repeat(31) + "3.letter";
    std::os::unix::fs::symlink("/nowhere", shelf.file(&name)).unwrap();
    assert_eq!(shelf.book.letters().unwrap(), []);
    let kept = shelf.file("refused").join(&name);
    assert!(kept.is_symlink());
    let why = fs::read_to_string(kept.with_extension("why")).unwrap();
    assert!(why.contains("it is not a file"), "{why}");
}

#[test]
fn a_book_in_memory_has_no_inbox_and_no_book_takes_no_letters() {
    let book = Logbook::memory();
    assert_eq!(book.letters().unwrap(), []);
    assert_eq!(run(&book, "r").letters().unwrap(), []);

    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("orders.book");
    let error = Inbox::at(&path).suspend(&id("r")).unwrap_err();
    assert!(matches!(&error, LogbookError::Io { .. }), "{error}");
    assert!(error.to_string().contains("orders.book"), "{error}");
    assert!(!path.exists());
}

#[test]
fn an_inbox_that_is_gone_is_empty_until_the_book_is_opened_again() {
    let Shelf {
        tmp,
        book,
        log,
        inbox,
    } = Shelf::new();
    fs::remove_dir(tmp.path().join("inbox")).unwrap();
    assert_eq!(book.letters().unwrap(), []);
    inbox.suspend(&id("r")).unwrap_err();
    drop((book, log));
    let book = Logbook::open(tmp.path()).unwrap();
    inbox.suspend(&id("r")).unwrap();
    assert_eq!(book.letters().unwrap().len(), 1);
}

#[test]
#[should_panic(expected = "is applied a second time")]
fn a_letter_is_never_recorded_twice() {
    let shelf = Shelf::new();
    shelf.inbox.suspend(&id("r")).unwrap();
    let letter = shelf.book.letters().unwrap().remove(0);
    apply(&shelf.log, &letter).unwrap();
    apply(&shelf.log, &letter).unwrap();
}
