//! What other processes ask of a runner's runs, through the inbox.

use std::thread;
use std::time::{Duration, Instant};

use taskflow::{Inbox, LetterId, Logbook, RunError, RunState, Serial};
use tests::{Journal, failed, killed};

use crate::flows::{Double, DoubleInputs, Gate, Gated, GatedInputs, id, runner};

/// Returns once that is so.
fn until(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "it does not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

fn taken(inbox: &Inbox, letter: LetterId) {
    until(|| !inbox.is_pending(letter).unwrap());
}

#[test]
fn a_run_at_rest_does_what_another_process_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.book");
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = runner(&Logbook::open(&path).unwrap(), &gate, &journal);
    let inbox = Inbox::at(&path);

    let double = runner.start::<Double>(DoubleInputs { number: u32::MAX });
    let kept = double.id("kept").start().unwrap();
    failed(kept.wait());
    assert_eq!(journal.take().len(), 1);
    let stands = |letter| {
        taken(&inbox, letter);
        until(|| kept.state().unwrap() != RunState::Interrupted);
        failed(kept.wait());
    };
    stands(inbox.rerun(kept.id()).unwrap());
    assert_eq!(journal.take().len(), 1);
    stands(inbox.revert(kept.id()).unwrap());
    assert_eq!(kept.state().unwrap(), RunState::Reverted);

    let refused = inbox.rerun(kept.id()).unwrap();
    taken(&inbox, refused);
    let why = inbox.refusal(refused).unwrap().expect("it is over");
    assert!(why.contains("is in no state for that"), "{why}");
}

#[test]
fn a_run_is_suspended_and_gone_on_with_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.book");
    let (gate, journal) = (Gate::default(), Journal::default());
    let book = Logbook::open(&path).unwrap();
    // Nobody drives it yet.
    let flow = Gated {
        number: 1,
        gate: gate.clone(),
        journal: journal.clone(),
    };
    flow.id("x").start(&Serial, &book).unwrap();
    let runner = runner(&book, &gate, &journal);
    let inbox = Inbox::at(&path);
    taken(&inbox, inbox.suspend(&id("x")).unwrap());
    let run = runner.get::<Gated>(&id("x")).unwrap().unwrap();
    assert_eq!(run.state().unwrap(), RunState::Suspended);
    assert!(runner.recover().unwrap().resumed.is_empty());

    taken(&inbox, inbox.rerun(&id("x")).unwrap());
    gate.crowd(1);
    assert_eq!(run.state().unwrap(), RunState::Running);
    // If the process ended now, the next one would take it up.
    let copy = folder.path().join("copy.book");
    killed::copy(&path, &copy);
    gate.open();
    assert_eq!(run.wait().unwrap(), 20);
    let next = crate::flows::runner(&Logbook::open(&copy).unwrap(), &gate, &journal);
    assert_eq!(next.recover().unwrap().resumed.len(), 1);
    let run = next.get::<Gated>(&id("x")).unwrap().unwrap();
    assert_eq!(run.wait().unwrap(), 20);
}

#[test]
fn a_run_that_was_suspended_in_its_last_task_is_over_once_it_is_resumed() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let book = Logbook::memory();
    let runner = runner(&book, &gate, &journal);
    let run = runner.start::<Gated>(GatedInputs { number: 1 });
    let run = run.start().unwrap();
    gate.crowd(1);
    run.suspend().unwrap();
    gate.open();
    assert!(matches!(run.wait(), Err(RunError::Stopped(_))));
    assert_eq!(run.state().unwrap(), RunState::Suspended);
    run.resume().unwrap();
    assert_eq!(run.wait().unwrap(), 20);
    assert_eq!(run.state().unwrap(), RunState::Succeeded);
}
