//! Shutting down: what is under way may finish, the rest is left to the next process.

use std::thread;
use std::time::{Duration, Instant};

use taskflow::runner::Blocking;
use taskflow::{
    Logbook, Parallel, RunError, RunState, Runner, RunnerHandle, Serial, StartError, Undo, flow,
    task,
};
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
    assert_eq!(drained.interrupted, [id("run-1"), id("run-2")]);
    assert_eq!(drained.running, [id("run-0")]);
    assert_eq!(drained.to_string(), "interrupted: 2, still in a task: 1");
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
    let drained = ending.drain(Duration::from_mins(1));
    assert!(drained.interrupted.is_empty() && drained.running.is_empty());
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

#[task]
fn hold(gate: &Gate, journal: &Journal) -> u32 {
    gate.pass();
    journal.note("hold");
    1
}

#[task]
fn follow(hold: u32, journal: &Journal) -> u32 {
    journal.note("follow");
    hold + 1
}

flow! {
    struct Early { #[resource] gate: Gate, #[resource] journal: Journal } -> u32
    linear[hold, follow]
}

fn stops_between_two_tasks(engine: &(impl Blocking<Early> + Clone)) {
    let (book, gate, journal) = (Logbook::memory(), Gate::default(), Journal::default());
    let runner = || {
        let resources = EarlyResources {
            gate: gate.clone(),
            journal: journal.clone(),
        };
        Runner::new(engine.clone(), book.clone())
            .register::<Early>(resources)
            .build()
    };
    let ending = runner();
    let run = ending
        .start::<Early>(EarlyInputs {})
        .id("x")
        .start()
        .unwrap();
    gate.crowd(1);
    let drained = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            gate.open();
        });
        ending.drain(Duration::from_millis(400))
    });
    // It is asked to stop after half of the time, and what runs then is waited for.
    assert_eq!(drained.interrupted, [id("x")]);
    assert!(drained.running.is_empty());
    assert_eq!(run.state().unwrap(), RunState::Interrupted);
    assert_eq!(
        run.wait().unwrap_err().to_string(),
        "run `x` is interrupted; the next process takes it up"
    );
    assert_eq!(journal.take(), ["hold"]);

    let next = runner();
    assert_eq!(next.recover().unwrap().resumed.len(), 1);
    let run = next.get::<Early>(&id("x")).unwrap().unwrap();
    assert_eq!(run.wait().unwrap(), 2);
    assert_eq!(journal.take(), ["follow"]);
}

#[test]
fn a_serial_run_stops_between_two_tasks() {
    stops_between_two_tasks(&Serial);
}

#[test]
fn a_parallel_run_stops_between_two_tasks() {
    stops_between_two_tasks(&Parallel::new());
}

#[task]
fn accept(approval: &str) -> String {
    format!("accepted by {approval}")
}

flow! {
    struct Request {} -> String
    linear[signal(approval: String), accept]
}

/// Returns once the run waits.
fn waits(run: &RunnerHandle<Request>) {
    while run.state().unwrap() != RunState::Waiting {
        thread::yield_now();
    }
}

#[test]
fn a_run_that_waits_for_a_signal_keeps_nobody_from_a_shutdown() {
    let book = Logbook::memory();
    let runner = || {
        Runner::new(Serial, book.clone())
            .register::<Request>(RequestResources {})
            .build()
    };
    let ending = runner();
    let run = ending.start::<Request>(RequestInputs {}).id("x");
    let run = run.start().unwrap();
    waits(&run);
    // It needs nobody's attention, and it is under way.
    assert!(ending.runs().attention().list().unwrap().is_empty());
    assert!(ending.recover().unwrap().waiting.is_empty());
    let begun = Instant::now();
    let drained = ending.drain(Duration::from_hours(1));
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(drained.interrupted, [id("x")]);
    assert!(drained.running.is_empty());

    let next = runner();
    assert_eq!(next.recover().unwrap().resumed.len(), 1);
    let run = next.get::<Request>(&id("x")).unwrap().unwrap();
    waits(&run);
    run.signal("approval", &"eve".to_owned()).unwrap();
    assert_eq!(run.wait().unwrap(), "accepted by eve");
}

#[test]
fn a_person_suspends_and_cancels_runs() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Early>(EarlyResources {
            gate: gate.clone(),
            journal: journal.clone(),
        })
        .build();
    let start = |id: &str| {
        runner
            .start::<Early>(EarlyInputs {})
            .id(id)
            .start()
            .unwrap()
    };
    let (one, two) = (start("one"), start("two"));
    gate.crowd(2);
    one.suspend().unwrap();
    two.cancel(Undo::Keep).unwrap();
    gate.open();
    assert!(matches!(one.wait(), Err(RunError::Stopped(_))));
    assert!(matches!(two.wait(), Err(RunError::Stopped(_))));
    assert_eq!(one.state().unwrap(), RunState::Suspended);
    assert_eq!(two.state().unwrap(), RunState::Cancelled);
    // Neither goes on by itself.
    let recovery = runner.recover().unwrap();
    assert_eq!((recovery.resumed.len(), recovery.at_rest.len()), (0, 1));
    assert_eq!(start("one").state().unwrap(), RunState::Suspended);
    one.resume().unwrap();
    assert_eq!(one.wait().unwrap(), 2);
    two.resume().unwrap();
    assert_eq!(two.state().unwrap(), RunState::Cancelled);
    assert_eq!(journal.take(), ["hold", "hold", "follow"]);
    assert!(matches!(
        runner.recover().unwrap().to_string().as_str(),
        "resumed: 0, waiting: 0, refused: 0, set aside: 0, at rest: 0"
    ));
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
        assert!(runner.drain(Duration::from_mins(1)).running.is_empty());
    }
    assert_eq!(journal.take(), ["double 0", "double 1", "double 2"]);
}
