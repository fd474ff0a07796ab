//! What is said of a run that failed, and of one that could not be undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use taskflow::{
    AnyEngine, Logbook, LogbookError, RunError, RunId, RunState, Undo, Undone, flow, task,
};
use tests::classic::*;
use tests::{Journal, failed, recorded};

/// Whether reverts fail.
type Broken = AtomicBool;

#[task(revert = give_back(broken, journal))]
fn take(broken: &Broken, journal: &Journal) -> bool {
    journal.note("take");
    broken.load(Ordering::SeqCst)
}

fn give_back(broken: &Broken, journal: &Journal) -> Result<(), String> {
    journal.note("give back");
    if broken.load(Ordering::SeqCst) {
        return Err("Gotcha!".to_owned());
    }
    Ok(())
}

flow! {
    struct Takes { #[resource] broken: Arc<Broken>, #[resource] journal: Journal }
    linear[provide as p, take, fail_plainly as f]
}

fn engines() -> [AnyEngine; 2] {
    ["serial", "parallel:2"].map(|name| name.parse().unwrap())
}

#[test]
fn a_run_that_could_not_be_undone_says_so_until_it_is() {
    for engine in &engines() {
        let (book, journal) = (Logbook::memory(), Journal::default());
        let broken = Arc::new(AtomicBool::new(true));
        let flow = Takes {
            broken: broken.clone(),
            journal: journal.clone(),
        };
        let run = flow.id("x").start(engine, &book).unwrap();
        let first = failed(run.wait());
        assert_eq!(run.state().unwrap(), RunState::RevertFailed);
        assert_eq!(journal.take(), ["p+", "take", "f+", "give back"]);
        // Told again, it is the same, and nothing runs.
        assert_eq!(failed(run.wait()), first);
        assert!(journal.take().is_empty());
        // Tried again in vain, it is the same.
        assert_eq!(failed(run.revert()).failures(), first.failures());
        assert_eq!(run.state().unwrap(), RunState::RevertFailed);
        assert_eq!(journal.take(), ["give back"]);
        // Nothing is left once it is repaired, and only then.
        broken.store(false, Ordering::SeqCst);
        run.revert().unwrap();
        assert_eq!(journal.take(), ["give back", "p<"]);
        assert_eq!(run.state().unwrap(), RunState::Reverted);
        assert_eq!(failed(run.wait()).undone(), &Undone::All);
    }
}

#[test]
fn what_is_refused_changes_nothing() -> Result<(), LogbookError> {
    for engine in &engines() {
        let (book, journal) = (Logbook::memory(), Journal::default());
        let flow = Takes {
            broken: Arc::default(),
            journal: journal.clone(),
        };
        let run = flow.id("x").start(engine, &book).unwrap();
        let first = failed(run.wait());
        assert_eq!(journal.take().len(), 5);
        let id: RunId = "x".parse().unwrap();
        let before = book.run_summary(&id)?;
        assert!(run.suspend().is_err());
        assert!(run.cancel(Undo::Revert).is_err());
        assert!(run.cancel(Undo::Keep).is_err());
        assert!(run.signal("p", &1_i64).is_err());
        assert!(run.resolve("p", taskflow::Resolution::done()).is_err());
        assert_eq!(book.run_summary(&id)?, before);
        assert_eq!(failed(run.wait()), first);
        assert!(journal.take().is_empty());
    }
    Ok(())
}

flow! {
    struct FailsLater { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[
        retry(x in xs)[provide as t1, conditional as c],
        try[provide as t2, fail_plainly as tried] as outcome,
        fail_plainly as last,
    ]
}

#[test]
fn failures_that_were_overcome_are_not_reported() {
    recorded!(
        |journal| FailsLater {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |told| {
            let wanted = [
                "t1+", "c+", "t1<", "t1+", "c+", "t2+", "tried+", "t2<", "last+", "t1<",
            ];
            assert_eq!(told.effects, wanted);
            let failed = failed(told.result);
            let tasks: Vec<_> = failed
                .failures()
                .iter()
                .map(|failure| &failure.task)
                .collect();
            assert_eq!(tasks, ["last"]);
            assert_eq!(told.state, RunState::Reverted);
        }
    );
}

#[test]
fn a_success_is_one_whatever_failed_before() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let flow = Overcomes {
        xs: vec![1, 2],
        y: 2,
        journal: journal.clone(),
    };
    let run = flow.id("x").start(&taskflow::Serial, &book).unwrap();
    run.wait().unwrap();
    assert_eq!(run.state().unwrap(), RunState::Succeeded);
    let refused = run.revert().unwrap_err();
    assert!(matches!(refused, RunError::NotStarted(_)));
}

flow! {
    struct Overcomes { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[provide as t1, conditional as c]]
}
