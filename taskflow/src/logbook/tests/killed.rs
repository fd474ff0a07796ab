//! A process that is killed while it writes leaves the book free, and all that it was told is there.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

/// Tells the child where its book is, and that it is the child.
const FOLDER: &str = "TASKFLOW_TEST_FOLDER";
const DURABILITY: &str = "TASKFLOW_TEST_DURABILITY";

/// The part of the child: writes and says what is recorded, until it is killed.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let durability = env::var(DURABILITY).unwrap().parse().unwrap();
    let book = Logbook::options(folder)
        .durability(durability)
        .open()
        .unwrap();
    let log = run(&book, "r");
    for atom in 0.. {
        record(&log, &[(Kind::Done, atom, &vec![7; atom as usize % 5_000])]).unwrap();
        println!("recorded {atom}");
    }
}

#[test]
fn what_a_killed_process_was_told_is_there() {
    for (durability, told) in [(Durability::Synced, 20), (Durability::Os, 2_000)] {
        let tmp = tempfile::tempdir().unwrap();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "logbook::tests::killed::child"])
            .env(FOLDER, tmp.path())
            .env(DURABILITY, durability.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let recorded = lines
            .filter(|line| line.as_ref().unwrap().contains("recorded "))
            .take(told);
        let recorded = recorded.count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(recorded, told);

        let book = Logbook::open(tmp.path()).unwrap();
        assert_eq!(states(&book), [("r".to_owned(), RunState::Interrupted)]);
        let entries = entries(&book, "r");
        assert!(entries.len() >= told, "{} of {told}", entries.len());
        for (atom, entry) in (0..).zip(entries) {
            assert_eq!(entry, (Kind::Done, atom, vec![7; atom as usize % 5_000]));
        }
    }
}
