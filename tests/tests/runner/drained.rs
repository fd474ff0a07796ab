//! Shutting down: what is under way may finish, the rest is left to the next process.

use std::thread;
use std::time::Duration;

use taskflow::{Logbook, RunError, RunState, StartError};
use tests::Journal;

use crate::flows::{Double, DoubleInputs, Gate, Gated, GatedInputs, id, limited, runner};

#[test]
fn what_is_under_way_may_finish_and_what_waits_is_let_go() {
    let (book, gate, journal) = (Logbook::memory(), Gate::default(), Journal::default());
    let ending = limited(&book, &gate, &journal, 1);
    let start = |number: u32| {
        let run = ending.start::<Gated>(GatedInputs { number });
        run.id(format!("run-{number}")).start()
    };
    let runs: Vec<_> = (0..3).map(|number| start(number).unwrap()).collect();
    gate.crowd(1);
    let waiter = {
        let run = runs[2].clone();
        thread::spawn(move || run.wait())
    };

    let drained = ending.drain(Duration::from_millis(10));
    assert_eq!(drained.queued, [id("run-1"), id("run-2")]);
    assert_eq!(drained.running, [id("run-0")]);
    assert_eq!(
        drained.to_string(),
        "let go in the queue: 2, still under way: 1"
    );
    let states: Vec<_> = runs.iter().map(|run| run.state().unwrap()).collect();
    assert_eq!(
        states,
        [
            RunState::Running,
            RunState::Interrupted,
            RunState::Interrupted
        ]
    );
    assert!(matches!(
        waiter.join().unwrap(),
        Err(RunError::NotStarted(StartError::Draining))
    ));

    // Nothing begins any more, and what is under way or ended is still told.
    assert!(matches!(start(3), Err(StartError::Draining)));
    assert!(matches!(start(1), Err(StartError::Draining)));
    assert!(matches!(runs[1].resume(), Err(StartError::Draining)));
    assert_eq!(start(0).unwrap().state().unwrap(), RunState::Running);
    gate.open();
    let drained = ending.drain(Duration::from_secs(60));
    assert!(drained.queued.is_empty() && drained.running.is_empty());
    assert_eq!(start(0).unwrap().wait().unwrap(), 10);
    assert_eq!(book.runs().unwrap().len(), 3);

    let next = runner(&book, &gate, &journal);
    let recovery = next.recover().unwrap();
    let resumed: Vec<_> = recovery.resumed.iter().map(|run| &run.id).collect();
    assert_eq!(resumed, [&id("run-1"), &id("run-2")]);
    for (number, id) in (1..).zip(resumed) {
        let run = next.get::<Gated>(id).unwrap().unwrap();
        assert_eq!(run.wait().unwrap(), (number + 1) * 10);
    }
}

#[test]
fn a_drained_runner_lets_go_of_its_logbook() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.book");
    let (gate, journal) = (Gate::default(), Journal::default());
    for number in 0..3 {
        let runner = runner(&Logbook::open(&path).unwrap(), &gate, &journal);
        runner.recover().unwrap();
        let run = runner.start::<Double>(DoubleInputs { number }).start();
        assert_eq!(run.unwrap().wait().unwrap(), number * 2);
        assert!(runner.drain(Duration::from_secs(60)).running.is_empty());
    }
    assert_eq!(journal.take(), ["double 0", "double 1", "double 2"]);
}
