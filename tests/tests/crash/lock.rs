//! One process writes to a book at a time; others are told so, or wait, or only read.

use std::time::{Duration, Instant};

use taskflow::{AnyEngine, Logbook, LogbookError, LogbookReader, RunState};
use tests::crash::{Points, World, settle};

use super::child::Child;
use super::open;

#[test]
fn a_second_process_is_told_who_holds_the_book_and_what_to_do() {
    let tmp = tempfile::tempdir().unwrap();
    let folder = tmp.path().join("book");
    let mut holder = Child::start(&["hold"], &folder);
    assert_eq!(holder.line(), "held");
    let error = Logbook::open(&folder).unwrap_err();
    assert!(matches!(error, LogbookError::Locked { .. }), "{error}");
    let text = error.to_string();
    for part in [
        folder.to_str().unwrap(),
        "another process",
        "`wait_for_lock`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(holder.end());
    Logbook::open(&folder).unwrap();
}

#[test]
fn a_killed_process_holds_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let mut holder = Child::start(&["hold"], tmp.path());
    assert_eq!(holder.line(), "held");
    holder.kill();
    Logbook::open(tmp.path()).unwrap();
}

#[test]
fn a_process_that_waits_gets_the_book_when_the_other_ends() {
    let tmp = tempfile::tempdir().unwrap();
    let mut holder = Child::start(&["hold"], tmp.path());
    assert_eq!(holder.line(), "held");
    let wait = |wait| Logbook::options(tmp.path()).wait_for_lock(wait).open();

    let patience = Duration::from_millis(300);
    let begun = Instant::now();
    assert!(matches!(wait(patience), Err(LogbookError::Locked { .. })));
    assert!(begun.elapsed() >= patience);

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(Duration::from_mins(1)));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        holder.kill();
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn readers_look_at_a_book_that_others_write() {
    let tmp = tempfile::tempdir().unwrap();
    let folder = tmp.path();
    let mut child = Child::start(&["once", "chain", "serial", "12"], folder);
    assert!(child.line().starts_with("stopped "));
    let states = || {
        let reader = LogbookReader::open(folder.join("book")).unwrap();
        let states: Vec<_> = reader.runs().unwrap().iter().map(|run| run.state).collect();
        states
    };
    assert_eq!(states(), [RunState::Running]);
    child.kill();
    assert_eq!(states(), [RunState::Interrupted]);

    let book = open(folder);
    let engine: AnyEngine = "serial".parse().unwrap();
    let world = World::in_folder(folder, "chain", &Points::default());
    settle("chain", "chain", &engine, &book, &world).unwrap();
    assert_eq!(states(), [RunState::Succeeded]);
}
