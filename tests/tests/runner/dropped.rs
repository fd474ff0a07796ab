//! Dropping runs that are over, and what becomes of their ids.

use std::time::Duration;

use taskflow::runner::OnExisting;
use taskflow::{Logbook, Runner, Serial, StartError};
use tests::{Journal, failed};

use crate::flows::{Double, DoubleInputs, DoubleResources, id};

fn keeping(book: &Logbook, retention: Duration) -> Runner {
    Runner::new(Serial, book.clone())
        .register::<Double>(DoubleResources {
            journal: Journal::default(),
        })
        .retention(retention)
        .build()
}

#[test]
fn what_is_over_is_dropped_and_its_id_kept() {
    let folder = tempfile::tempdir().unwrap();
    let hour = Duration::from_hours(1);
    {
        let book = Logbook::open(folder.path()).unwrap();
        let runner = keeping(&book, hour);
        let start = |name, number| runner.start::<Double>(DoubleInputs { number }).id(name);
        start("done", 1).start().unwrap().wait().unwrap();
        failed(start("kept", u32::MAX).start().unwrap().wait());
        assert!(runner.drop_finished(hour).unwrap().is_empty());
        // A driver may not have let go of its run yet.
        while runner.drop_finished(Duration::ZERO).unwrap() != [id("done")] {}
        let told: Vec<_> = book.runs().unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(told, [id("kept")]);
        runner.drain(hour);
    }
    let book = Logbook::open(folder.path()).unwrap();
    let runner = keeping(&book, hour);
    let start = || {
        runner
            .start::<Double>(DoubleInputs { number: 1 })
            .id("done")
    };
    assert!(runner.get::<Double>(&id("done")).unwrap().is_none());
    let Err(error @ StartError::Dropped(_)) = start().start() else {
        panic!("its id was used");
    };
    assert_eq!(
        error.to_string(),
        "the run `done` has ended and is dropped, and its id counts as used for some time yet; \
         take another id"
    );
    let again = start().on_existing(OnExisting::Again).start().unwrap();
    assert_eq!((again.id(), again.wait().unwrap()), (&id("done+2"), 2));
}

#[test]
fn an_id_that_is_kept_no_longer_is_free() {
    let book = Logbook::memory();
    let runner = keeping(&book, Duration::ZERO);
    for _ in 0..3 {
        let run = runner.start::<Double>(DoubleInputs { number: 4 }).id("x");
        assert_eq!(run.start().unwrap().wait().unwrap(), 8);
        while runner.drop_finished(Duration::ZERO).unwrap().is_empty() {}
        assert!(book.runs().unwrap().is_empty());
    }
}
