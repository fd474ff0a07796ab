//! Starting runs: new ones, ones whose id is taken, and ones that the runner does not take.

use std::thread;
use std::time::Duration;

use taskflow::runner::OnExisting;
use taskflow::{Logbook, RunError, RunState, Runner, Serial, StartError, flow, task};
use tests::{Journal, failed};

use crate::flows::{
    Double, DoubleInputs, DoubleResources, Gate, Gated, GatedInputs, id, limited, runner,
};

fn doubler() -> (Runner, Journal) {
    let journal = Journal::default();
    let runner = runner(&Logbook::memory(), &Gate::default(), &journal);
    (runner, journal)
}

#[test]
fn runs_without_an_id_are_new_ones() {
    let (runner, journal) = doubler();
    let runs: Vec<_> = (0..2)
        .map(|_| runner.start::<Double>(DoubleInputs { number: 4 }).start())
        .collect::<Result<_, _>>()
        .unwrap();
    assert_ne!(runs[0].id(), runs[1].id());
    for run in runs {
        assert_eq!(run.wait().unwrap(), 8);
        assert_eq!(run.state().unwrap(), RunState::Succeeded);
        assert_eq!(run.inputs().unwrap().number, 4);
    }
    assert_eq!(journal.take().len(), 2);
}

#[test]
fn an_id_that_many_start_at_once_runs_once() {
    let (runner, journal) = doubler();
    let results: Vec<u32> = thread::scope(|scope| {
        let start = || {
            let run = runner.start::<Double>(DoubleInputs { number: 4 }).id("x");
            run.start().unwrap().wait().unwrap()
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(results, [8; 16]);
    assert_eq!(journal.take(), ["double 4"]);
}

#[test]
fn one_run_has_many_waiters() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = runner(&Logbook::memory(), &gate, &journal);
    let run = runner
        .start::<Gated>(GatedInputs { number: 1 })
        .start()
        .unwrap();
    let waiters: Vec<_> = (0..8)
        .map(|_| {
            let run = run.clone();
            thread::spawn(move || run.wait().unwrap())
        })
        .collect();
    gate.crowd(1);
    assert!(run.wait_timeout(Duration::from_millis(5)).is_none());
    assert_eq!(run.state().unwrap(), RunState::Running);
    gate.open();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), 20);
    }
    assert_eq!(run.wait_timeout(Duration::ZERO).unwrap().unwrap(), 20);
}

#[test]
fn other_inputs_under_the_same_id_are_refused() {
    let (runner, _) = doubler();
    let start = |number| {
        runner
            .start::<Double>(DoubleInputs { number })
            .id("x")
            .start()
    };
    start(4).unwrap().wait().unwrap();
    for _ in 0..2 {
        assert!(matches!(start(5), Err(StartError::OtherInputs(run)) if run == id("x")));
    }
    assert_eq!(start(4).unwrap().wait().unwrap(), 8);
}

#[test]
fn the_id_of_another_flow_is_refused() {
    let (runner, _) = doubler();
    let double = runner.start::<Double>(DoubleInputs { number: 4 }).id("x");
    double.start().unwrap();
    for on_existing in [OnExisting::Attach, OnExisting::Continue, OnExisting::Again] {
        let gated = runner.start::<Gated>(GatedInputs { number: 4 }).id("x");
        let refused = gated.on_existing(on_existing).start().unwrap_err();
        assert!(matches!(refused, StartError::OtherFlow { .. }), "{refused}");
    }
    assert!(matches!(
        runner.get::<Gated>(&id("x")),
        Err(StartError::OtherFlow { .. })
    ));
    assert!(runner.get::<Gated>(&id("y")).unwrap().is_none());
}

#[test]
fn an_id_that_is_taken_can_be_refused() {
    let (runner, _) = doubler();
    let start = || {
        let run = runner.start::<Double>(DoubleInputs { number: 4 }).id("x");
        run.on_existing(OnExisting::Refuse).start()
    };
    start().unwrap();
    let refused = start().unwrap_err();
    assert!(matches!(&refused, StartError::Exists(run) if *run == id("x")));
    assert_eq!(
        refused.to_string(),
        "the logbook has a run `x` already; take another id, or attach to that run"
    );
    let invalid = runner.start::<Double>(DoubleInputs { number: 4 }).id("a b");
    assert!(matches!(invalid.start(), Err(StartError::InvalidId(_))));
}

#[test]
fn what_is_finished_can_be_done_again() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = runner(&Logbook::memory(), &gate, &journal);
    let start = |number| {
        let run = runner.start::<Gated>(GatedInputs { number }).id("nightly");
        run.on_existing(OnExisting::Again).start()
    };
    let first = start(1).unwrap();
    gate.crowd(1);
    // Not while it is under way.
    assert_eq!(start(1).unwrap().id(), first.id());
    assert!(matches!(start(2), Err(StartError::OtherInputs(_))));
    gate.open();
    first.wait().unwrap();
    for (number, again) in [(2, "nightly+2"), (3, "nightly+3")] {
        let run = start(number).unwrap();
        assert_eq!(*run.id(), id(again));
        assert_eq!(run.wait().unwrap(), (number + 1) * 10);
    }
}

#[test]
fn a_failed_run_is_gone_on_with_on_request_alone() {
    let (runner, journal) = doubler();
    let number = u32::MAX;
    let start = |on_existing| {
        let run = runner.start::<Double>(DoubleInputs { number }).id("x");
        failed(run.on_existing(on_existing).start().unwrap().wait());
        journal.take().len()
    };
    assert_eq!(start(OnExisting::Attach), 1);
    assert_eq!(start(OnExisting::Attach), 0);
    // It is unfinished, so it is not begun again.
    assert_eq!(start(OnExisting::Again), 0);
    assert_eq!(start(OnExisting::Continue), 1);
    let run = runner.get::<Double>(&id("x")).unwrap().unwrap();
    assert_eq!(run.state().unwrap(), RunState::Failed);
    run.resume().unwrap();
    failed(run.wait());
    assert_eq!(journal.take().len(), 1);
    runner.resume(&id("x")).unwrap();
    failed(run.wait());
    assert_eq!(journal.take().len(), 1);
    run.revert().unwrap();
    failed(run.wait());
    assert_eq!(run.state().unwrap(), RunState::Reverted);
    // It is at its end.
    run.resume().unwrap();
    assert!(matches!(run.revert(), Err(StartError::NotNow { .. })));
    assert!(journal.take().is_empty());
}

#[test]
fn the_urgent_goes_first_and_then_the_older() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = limited(&Logbook::memory(), &gate, &journal, 1);
    runner
        .start::<Gated>(GatedInputs { number: 0 })
        .start()
        .unwrap();
    gate.crowd(1);
    let _ = journal.take();
    let runs: Vec<_> = [(1, 0), (2, -3), (3, 7), (4, 0), (5, 7)]
        .into_iter()
        .map(|(number, priority)| {
            let run = runner.start::<Double>(DoubleInputs { number });
            run.priority(priority).start().unwrap()
        })
        .collect();
    assert_eq!(runs[0].state().unwrap(), RunState::Running);
    gate.open();
    for run in runs {
        run.wait().unwrap();
    }
    let order = [
        "through 1",
        "double 3",
        "double 5",
        "double 1",
        "double 4",
        "double 2",
    ];
    assert_eq!(journal.take(), order);
}

#[test]
fn the_urgent_goes_first_in_the_next_process_too() {
    let (book, gate, journal) = (Logbook::memory(), Gate::default(), Journal::default());
    let first = limited(&book, &gate, &journal, 1);
    first
        .start::<Gated>(GatedInputs { number: 0 })
        .start()
        .unwrap();
    gate.crowd(1);
    for (number, priority) in [(1, 0), (2, -3), (3, 7)] {
        let run = first.start::<Double>(DoubleInputs { number });
        run.priority(priority).start().unwrap();
    }
    assert_eq!(first.drain(Duration::ZERO).interrupted.len(), 3);
    gate.open();
    while !first.drain(Duration::ZERO).running.is_empty() {}
    let _ = journal.take();

    let next = limited(&book, &gate, &journal, 1);
    let recovery = next.recover().unwrap();
    let told: Vec<_> = recovery.resumed.iter().map(|run| run.priority).collect();
    let wanted = [0, -3, 7];
    assert!(
        told.ends_with(&wanted),
        "in the order in which they began: {told:?}"
    );
    for run in &recovery.resumed {
        let run = next.get::<Double>(&run.id);
        if let Ok(Some(run)) = run {
            run.wait().unwrap();
        }
    }
    let effects = journal.take();
    let doubled = effects.iter().filter(|effect| effect.starts_with("double"));
    let doubled: Vec<_> = doubled.collect();
    assert_eq!(doubled, ["double 3", "double 1", "double 2"]);
}

#[test]
fn more_than_may_wait_are_refused() {
    let (gate, journal) = (Gate::default(), Journal::default());
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Gated>(crate::flows::GatedResources {
            gate: gate.clone(),
            journal,
        })
        .max_running(2)
        .max_queued(1)
        .build();
    let start = |number: u32| {
        let run = runner.start::<Gated>(GatedInputs { number });
        run.id(format!("run-{number}")).start()
    };
    let runs: Vec<_> = (0..3).map(|number| start(number).unwrap()).collect();
    let refused = start(3).unwrap_err();
    assert!(matches!(refused, StartError::Full), "{refused}");
    // Nothing of it is in the logbook, and one that is there is found all the same.
    assert_eq!(runner.book().runs().unwrap().len(), 3);
    start(1).unwrap();
    gate.open();
    for run in runs {
        run.wait().unwrap();
    }
    start(3).unwrap().wait().unwrap();
}

mod second {
    //! The flow of another release.

    use taskflow::{flow, task};
    use tests::Journal;

    #[task]
    fn quadruple(number: u32, journal: &Journal) -> u32 {
        journal.note(format!("quadruple {number}"));
        number * 4
    }

    flow! {
        #[flow(name = "double", version = 2)]
        pub(super) struct Double { number: u32, #[resource] journal: Journal } -> u32
        linear[quadruple]
    }
}

#[test]
fn versions_of_a_flow_run_side_by_side() {
    let (book, journal) = (Logbook::memory(), Journal::default());
    let resources = second::DoubleResources {
        journal: journal.clone(),
    };
    let both = Runner::new(Serial, book)
        .register::<Double>(DoubleResources { journal })
        .register::<second::Double>(resources)
        .build();
    let old = both.start::<Double>(DoubleInputs { number: 1 });
    let new = both.start::<second::Double>(second::DoubleInputs { number: 1 });
    assert_eq!(old.start().unwrap().wait().unwrap(), 2);
    assert_eq!(new.start().unwrap().wait().unwrap(), 4);
    let (one, _) = doubler();
    let missing = one.start::<second::Double>(second::DoubleInputs { number: 1 });
    assert_eq!(
        missing.start().unwrap_err().to_string(),
        "the runner was not given flow `double` v2, only v1; `register` it"
    );
}

#[task]
fn look(number: u32, cell: &std::cell::Cell<u32>) -> u32 {
    cell.set(cell.get() + 1);
    number + cell.get()
}

#[task(transient, provides = cell)]
fn hold() -> std::cell::Cell<u32> {
    std::cell::Cell::new(1)
}

flow! {
    /// Its values stay on one thread.
    #[flow(local)]
    struct Alone { number: u32 } -> look: u32
    linear[hold, look]
}

#[test]
fn a_flow_that_stays_on_one_thread_can_be_run() {
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Alone>(AloneResources {})
        .build();
    let run = runner
        .start::<Alone>(AloneInputs { number: 1 })
        .start()
        .unwrap();
    assert_eq!(run.wait().unwrap(), 3);
}

#[test]
fn a_run_that_is_driven_without_the_runner_is_waited_for() {
    let (book, gate, journal) = (Logbook::memory(), Gate::default(), Journal::default());
    let runner = runner(&book, &gate, &journal);
    let flow = Gated {
        number: 1,
        gate: gate.clone(),
        journal: journal.clone(),
    };
    let alone = thread::spawn(move || flow.id("x").run(&Serial, &book));
    gate.crowd(1);
    let run = runner
        .start::<Gated>(GatedInputs { number: 1 })
        .id("x")
        .start()
        .unwrap();
    assert_eq!(run.state().unwrap(), RunState::Running);
    assert!(run.wait_timeout(Duration::from_millis(5)).is_none());
    gate.open();
    assert_eq!(run.wait().unwrap(), 20);
    assert_eq!(alone.join().unwrap().unwrap(), 20);
    assert_eq!(journal.take().len(), 2);
}

#[task]
fn wait_for_itself(runner: &std::sync::OnceLock<Runner>) -> String {
    let runner = runner.get().expect("it is put there before the run");
    let own = runner.get::<Circle>(&id("x")).unwrap().unwrap();
    match own.wait() {
        Err(RunError::NotStarted(StartError::NotNow { why, .. })) => why,
        other => format!("{other:?}"),
    }
}

flow! {
    struct Circle { #[resource] runner: std::sync::Arc<std::sync::OnceLock<Runner>> } -> String
    linear[wait_for_itself]
}

#[test]
fn a_run_does_not_wait_for_itself() {
    let place = std::sync::Arc::new(std::sync::OnceLock::new());
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Circle>(CircleResources {
            runner: place.clone(),
        })
        .build();
    place.set(runner.clone()).unwrap();
    let why = runner
        .start::<Circle>(CircleInputs {})
        .id("x")
        .start()
        .unwrap();
    let why = why.wait().unwrap();
    assert!(why.starts_with("is under way on this very thread"), "{why}");
}
