//! Three verbs: a new run, the run of an id, and the unfinished run of the same inputs.

use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};

use taskflow::{Logbook, RunError, RunState, Serial, StartError, flow, task};
use tests::{Journal, failed};

use crate::places::id;

#[task]
pub(crate) fn half(number: f64, journal: &Journal) -> Result<f64, String> {
    journal.note("half");
    if number < 0.0 {
        return Err("negative".to_owned());
    }
    Ok(number / 2.0)
}

flow! {
    pub(crate) struct Half { number: f64, #[resource] journal: Journal } -> f64
    linear[half]
}

pub(crate) fn of(number: f64, journal: &Journal) -> Half {
    Half {
        number,
        journal: journal.clone(),
    }
}

pub(crate) fn not_started<T: std::fmt::Debug>(result: Result<T, RunError>) -> StartError {
    match result {
        Err(RunError::NotStarted(error)) => error,
        other => panic!("it should not have started: {other:?}"),
    }
}

#[test]
fn every_run_is_a_new_one_without_an_id() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    for _ in 0..2 {
        let result = of(3.0, &journal).run(&Serial, &book).unwrap();
        assert!((result - 1.5).abs() < f64::EPSILON);
    }
    assert_eq!(journal.take().len(), 2);
    let runs = book.runs().unwrap();
    assert_eq!(runs.len(), 2);
    assert_ne!(runs[0].id, runs[1].id);
    assert!(runs.iter().all(|run| run.state == RunState::Succeeded));
    assert!(Half::unfinished(&book).unwrap().is_empty());
}

#[test]
fn the_end_of_an_id_is_told() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    of(3.0, &journal).id("x").run(&Serial, &book).unwrap();
    let told = of(3.0, &journal).id("x").run(&Serial, &book).unwrap();
    assert!((told - 1.5).abs() < f64::EPSILON);
    assert_eq!(journal.take().len(), 1);
    // A failure that was kept is told as well: only who asks for it goes on.
    let first = failed(of(-1.0, &journal).id("y").run(&Serial, &book));
    let told = failed(of(-1.0, &journal).id("y").run(&Serial, &book));
    assert_eq!(told, first);
    assert_eq!(journal.take().len(), 1);
}

#[test]
fn inputs_are_compared_by_value() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    of(0.0, &journal).id("x").run(&Serial, &book).unwrap();
    // Other bytes, the same value.
    of(-0.0, &journal).id("x").run(&Serial, &book).unwrap();
    let refused = not_started(of(1.0, &journal).id("x").run(&Serial, &book));
    assert_eq!(
        refused.to_string(),
        "run `x` was started with other inputs; use another id, or the same inputs"
    );
    assert!(matches!(refused, StartError::OtherInputs(run) if run == id("x")));
    assert_eq!(journal.take().len(), 1);
}

#[test]
fn an_id_is_a_text_or_a_run_id() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let x = id("x");
    of(3.0, &journal).id(&x).run(&Serial, &book).unwrap();
    of(3.0, &journal).id("x").run(&Serial, &book).unwrap();
    of(3.0, &journal)
        .id(String::from("x"))
        .run(&Serial, &book)
        .unwrap();
    let start = of(3.0, &journal).id(x).label("tenant", "acme");
    assert_eq!(
        format!("{start:?}"),
        r#"Start { flow: "half", id: Some(Ok(RunId(x))), labels: [("tenant", "acme")], .. }"#
    );
    start.run(&Serial, &book).unwrap();
    assert_eq!(journal.take().len(), 1);
}

#[test]
fn an_id_that_is_none_is_refused() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    for wrong in ["", "größe", &"x".repeat(65)] {
        let refused = not_started(of(1.0, &journal).id(wrong).run(&Serial, &book));
        assert!(matches!(refused, StartError::InvalidId(_)), "{refused}");
    }
    assert!(book.runs().unwrap().is_empty() && journal.take().is_empty());
}

#[test]
fn a_run_that_is_started_does_nothing_until_it_is_waited_for() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let handle = of(3.0, &journal).start(&Serial, &book).unwrap();
    assert_eq!(handle.state().unwrap(), RunState::Interrupted);
    assert_eq!(book.runs().unwrap()[0].id, *handle.id());
    assert!(journal.take().is_empty());
    assert!((handle.wait().unwrap() - 1.5).abs() < f64::EPSILON);
}

#[test]
fn the_run_of_an_id_is_gone_on_with_or_started() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let again = |number, id| {
        of(number, &journal)
            .id(id)
            .continue_or_start(&Serial, &book)
    };
    for runs in 1..=2 {
        let run = again(-1.0, "x").unwrap();
        assert_eq!(*run.id(), id("x"));
        failed(run.wait());
        // It failed and was kept, so that it goes on from there each time.
        assert_eq!(journal.take().len(), 1, "{runs}");
    }
    again(3.0, "y").unwrap().wait().unwrap();
    again(3.0, "y").unwrap().wait().unwrap();
    assert_eq!(journal.take().len(), 1, "a success is told");
    assert!(matches!(again(1.0, "x"), Err(StartError::OtherInputs(_))));
    assert!(matches!(again(1.0, ""), Err(StartError::InvalidId(_))));
    assert_eq!(book.runs().unwrap().len(), 2);
}

/// Lets the first call in and waits until it may go on.
struct Gate {
    entered: Mutex<mpsc::Sender<()>>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

#[task]
fn slow(journal: &Journal, gate: &Gate) -> u32 {
    journal.note("slow");
    gate.entered.lock().unwrap().send(()).unwrap();
    gate.go_on.lock().unwrap().recv().unwrap();
    7
}

flow! {
    struct Slow { #[resource] journal: Journal, #[resource] gate: Arc<Gate> } -> u32
    linear[slow(gate = gate)]
}

#[test]
fn a_run_that_is_under_way_in_another_thread_is_waited_for() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let (entered, has_entered) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let gate = Arc::new(Gate {
        entered: Mutex::new(entered),
        go_on: Mutex::new(goes_on),
    });
    let slow = || Slow {
        journal: journal.clone(),
        gate: gate.clone(),
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| slow().id("x").run(&Serial, &book));
        has_entered.recv().unwrap();
        assert_eq!(book.runs().unwrap()[0].state, RunState::Running);
        let handle = slow().id("x").start(&Serial, &book).unwrap();
        assert_eq!(handle.state().unwrap(), RunState::Running);
        let second = scope.spawn(move || handle.wait());
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), 7);
        assert_eq!(second.join().unwrap().unwrap(), 7);
    });
    assert_eq!(journal.take(), ["slow"]);
}

#[task]
fn knot(book: &Logbook) -> Result<u32, RunError> {
    Knot { book: book.clone() }.id("x").run(&Serial, book)
}

flow! {
    struct Knot { #[resource] book: Logbook } -> u32
    linear[knot]
}

#[test]
fn a_task_that_waits_for_its_own_run_is_refused() {
    let book = Logbook::memory();
    let flow = Knot { book: book.clone() };
    let failed = failed(flow.id("x").run(&Serial, &book));
    let message = failed.failures()[0].failure.message();
    let expected = "run `x` is under way on this very thread, which cannot wait for itself";
    assert!(message.starts_with(expected), "{message}");
}

#[task]
fn doomed(journal: &Journal, gate: &Gate) -> Result<u32, String> {
    journal.note("doomed");
    gate.entered.lock().unwrap().send(()).unwrap();
    gate.go_on.lock().unwrap().recv().unwrap();
    Err("doomed".to_owned())
}

flow! {
    struct Doomed { #[resource] journal: Journal, #[resource] gate: Arc<Gate> } -> u32
    linear[doomed(gate = gate)]
}

#[test]
fn a_run_that_fails_in_another_thread_is_not_tried_once_more() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let (entered, has_entered) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let gate = Arc::new(Gate {
        entered: Mutex::new(entered),
        go_on: Mutex::new(goes_on),
    });
    let doomed = || Doomed {
        journal: journal.clone(),
        gate: gate.clone(),
    };
    std::thread::scope(|scope| {
        let first = doomed().continue_or_start(&Serial, &book).unwrap();
        let first = scope.spawn(move || first.wait());
        has_entered.recv().unwrap();
        let second = doomed().continue_or_start(&Serial, &book).unwrap();
        go_on.send(()).unwrap();
        drop(go_on);
        failed(first.join().unwrap());
        failed(second.wait());
    });
    assert_eq!(journal.take(), ["doomed"]);
}

#[test]
fn threads_that_continue_or_start_at_once_come_to_one_run() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    for round in 0..20 {
        let number = 2.0 * f64::from(round);
        let together = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    let flow = of(number, &journal);
                    let handle = flow.continue_or_start(&Serial, &book).unwrap();
                    // Nobody drives it before all have it.
                    together.wait();
                    assert!((handle.wait().unwrap() * 2.0 - number).abs() < f64::EPSILON);
                });
            }
        });
        assert_eq!(journal.take(), ["half"], "round {round}");
    }
    assert_eq!(book.runs().unwrap().len(), 20);
}

#[task]
fn repairable(input: u32, broken: &Mutex<bool>, journal: &Journal) -> Result<u32, String> {
    journal.note("repairable");
    if *broken.lock().unwrap() {
        return Err("broken".to_owned());
    }
    Ok(input + 1)
}

#[task]
fn prepare(number: u32, journal: &Journal) -> u32 {
    journal.note("prepare");
    number * 10
}

flow! {
    struct Repair {
        number: u32,
        #[resource] broken: Arc<Mutex<bool>>,
        #[resource] journal: Journal,
    } -> u32
    linear[prepare, repairable(input = prepare)]
}

#[test]
fn the_unfinished_run_of_equal_inputs_is_continued() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let broken = Arc::new(Mutex::new(true));
    let flow = |number| Repair {
        number,
        broken: broken.clone(),
        journal: journal.clone(),
    };
    let handle = flow(1).continue_or_start(&Serial, &book).unwrap();
    failed(handle.wait());
    assert_eq!(handle.state().unwrap(), RunState::Failed);
    assert_eq!(handle.done().unwrap(), ["prepare"]);
    assert_eq!(journal.take(), ["prepare", "repairable"]);
    // Waiting again tells the end.
    failed(handle.wait());
    assert!(journal.take().is_empty());
    // Other inputs are another run.
    let other = flow(2).continue_or_start(&Serial, &book).unwrap();
    assert_ne!(other.id(), handle.id());
    failed(other.wait());
    assert_eq!(Repair::unfinished(&book).unwrap().len(), 2);
    let _ = journal.take();

    *broken.lock().unwrap() = false;
    let again = flow(1).continue_or_start(&Serial, &book).unwrap();
    assert_eq!(again.id(), handle.id());
    assert_eq!(again.wait().unwrap(), 11);
    assert_eq!(journal.take(), ["repairable"]);
    assert_eq!(again.done().unwrap(), ["prepare", "repairable"]);
    // What succeeded is over: a new run begins.
    let new = flow(1).continue_or_start(&Serial, &book).unwrap();
    assert_ne!(new.id(), again.id());
    assert_eq!(new.wait().unwrap(), 11);
    assert_eq!(journal.take(), ["prepare", "repairable"]);
}

#[test]
fn a_run_is_taken_up_with_resources_alone() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let broken = Arc::new(Mutex::new(true));
    let resources = || RepairResources {
        broken: broken.clone(),
        journal: journal.clone(),
    };
    let RepairResources {
        broken: b,
        journal: j,
    } = resources();
    let flow = Repair {
        number: 9,
        broken: b,
        journal: j,
    };
    failed(flow.id("x").run(&Serial, &book));
    *broken.lock().unwrap() = false;
    let _ = journal.take();
    let handle = Repair::resume(&id("x"), resources(), &Serial, &book).unwrap();
    assert!(handle.inputs() == &RepairInputs { number: 9 });
    assert_eq!(handle.id(), &id("x"));
    assert_eq!(handle.wait().unwrap(), 91);
    assert_eq!(journal.take(), ["repairable"]);

    let refused = Repair::resume(&id("y"), resources(), &Serial, &book).unwrap_err();
    assert!(matches!(&refused, StartError::NoSuchRun(run) if *run == id("y")));
    assert_eq!(
        refused.to_string(),
        "the logbook has no run `y`; `Logbook::runs` lists those it has"
    );
}

#[test]
fn runs_are_found_by_their_labels() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let flow = of(1.0, &journal).label("customer", "17").id("x");
    flow.label("region", "eu").run(&Serial, &book).unwrap();
    of(-1.0, &journal).id("y").run(&Serial, &book).unwrap_err();
    let runs = book.runs().unwrap();
    let labels = [("customer", "17"), ("region", "eu")];
    let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(runs[0].labels, labels);
    assert_eq!((runs[0].flow.as_str(), runs[0].version), ("half", 1));
    let unfinished = Half::unfinished(&book).unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(
        (&unfinished[0].id, unfinished[0].state),
        (&id("y"), RunState::Failed)
    );
}
