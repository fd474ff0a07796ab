//! Runs that are to be over by a point in time.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use taskflow::{FailureKind, Logbook, RunError, RunState, Serial, TaskContext, flow, task};
use tests::{Case, Journal, everywhere, failed};

#[task(revert = undo_first(journal))]
fn first(journal: &Journal) {
    journal.note("first");
}

fn undo_first(journal: &Journal) {
    journal.note("undo first");
}

#[task]
fn second(journal: &Journal) {
    journal.note("second");
}

flow! {
    struct Sleeps { #[resource] journal: Journal }
    linear[first, sleep("1h"), second]
}

#[test]
fn a_run_that_waits_too_long_is_undone() {
    let soon = Duration::from_millis(20);
    everywhere!(|journal| Sleeps { journal }.within(soon), |seen| {
        let failed = failed(seen.result);
        assert_eq!(failed.failures().len(), 1, "{failed}");
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
        let text = failed.to_string();
        assert!(
            text.starts_with("flow `sleeps` failed: it was not over by its deadline; "),
            "{text}"
        );
        assert_eq!(seen.effects, ["first", "undo first"]);
    });
}

#[test]
fn nothing_begins_after_the_deadline() {
    let past = SystemTime::now() - Duration::from_secs(1);
    everywhere!(|journal| Sleeps { journal }.deadline(past), |seen| {
        let failed = failed(seen.result);
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
        assert_eq!(seen.effects, [""; 0]);
    });
}

#[task(revert = undo_slow(journal, outcome, ctx))]
fn slow(journal: &Journal, ctx: &TaskContext) -> Result<u32, String> {
    let deadline = ctx.deadline().unwrap();
    assert!(deadline <= SystemTime::now() + Duration::from_millis(20));
    while !ctx.is_stopping() {
        thread::sleep(Duration::from_millis(1));
    }
    journal.note("late");
    Err("gave up".into())
}

fn undo_slow(journal: &Journal, outcome: taskflow::Outcome<'_, u32>, ctx: &TaskContext) {
    // Undoing takes the time that it takes.
    assert_eq!(ctx.deadline(), None);
    journal.note(format!("undo {outcome:?}"));
}

flow! {
    struct Slow { #[resource] journal: Journal }
    linear[first, retry(times = 3)[slow]]
}

#[test]
fn a_task_sees_the_deadline_of_its_run() {
    let soon = Duration::from_millis(20);
    everywhere!(|journal| Slow { journal }.within(soon), |seen| {
        let failed = failed(seen.result);
        let kinds = failed.failures().iter();
        assert!(
            kinds
                .map(|f| f.failure.kind())
                .all(|kind| kind == FailureKind::Timeout)
        );
        assert_eq!(
            seen.effects,
            ["first", "late", "undo Unknown", "undo first"]
        );
    });
}

#[test]
fn a_run_that_is_over_in_time_is_not_disturbed() {
    let long = Duration::from_hours(1);
    everywhere!(|journal| Kept { journal }.within(long), |seen| {
        assert!(seen.result.is_ok());
        assert_eq!(seen.effects, ["second"]);
    });
}

flow! {
    #[flow(on_failure = keep)]
    struct Kept { #[resource] journal: Journal }
    linear[sleep("20ms"), second]
}

#[test]
fn a_deadline_comes_once() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let run = || Kept {
        journal: journal.clone(),
    };
    let failed = failed(run().within(Duration::ZERO).run(&Serial, &book));
    assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
    // Who goes on by hand is not bound to it.
    run()
        .continue_or_start(&Serial, &book)
        .unwrap()
        .wait()
        .unwrap();
    assert_eq!(journal.take(), ["second"]);
    assert_eq!(book.runs().unwrap().len(), 1);
}

#[test]
fn a_deadline_holds_in_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let soon = SystemTime::now() + Duration::from_millis(30);
    let journal = Journal::default();
    let run = Sleeps {
        journal: journal.clone(),
    };
    let book = Logbook::open(folder.path()).unwrap();
    let run = run.id(Case::RUN).deadline(soon).start(&Serial, &book);
    drop(run.unwrap());
    drop(book);

    let book = Logbook::open(folder.path()).unwrap();
    let recorded = book.runs().unwrap()[0].deadline.unwrap();
    assert!(soon.duration_since(recorded).unwrap() < Duration::from_millis(1));
    let begun = Instant::now();
    let run = Sleeps {
        journal: journal.clone(),
    };
    let result = run.id(Case::RUN).run(&Serial, &book);
    assert!(matches!(result, Err(RunError::Failed(_))), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(book.runs().unwrap()[0].state, RunState::Reverted);
}
