//! Runs that wait, take long or have little time: what is told of them, by their process and others.

use std::thread;
use std::time::{Duration, SystemTime};

use taskflow::logbook::{LogbookReader, RunSummary, WaitsFor};
use taskflow::runner::Attention;
use taskflow::{
    FailureKind, Logbook, RunState, Runner, RunnerHandle, Serial, TaskContext, flow, task,
};
use tests::failed;

use crate::flows::{Gate, id};

#[task]
fn accept(approval: u32) -> u32 {
    approval
}

flow! {
    struct Order {} -> u32
    linear[signal(approval: u32), sleep("20ms") as rest, accept]
}

flow! {
    struct Long {} -> u32
    linear[unordered[sleep("1h") as rest, map(item in const ITEMS)[signal(approval: u32, timeout = "2h"), accept] as all], fold]
}

const ITEMS: [u32; 20] = [0; 20];

#[task]
fn fold(all: &[u32]) -> u32 {
    all.iter().sum()
}

#[task]
fn hold(gate: &Gate, ctx: &TaskContext, number: u32) -> u32 {
    if number == 0 {
        gate.pass();
    } else {
        for _ in 0..30 {
            thread::sleep(Duration::from_millis(10));
            ctx.checkpoint(&number).unwrap();
        }
    }
    number
}

flow! {
    struct Held { number: u32, #[resource] gate: Gate } -> u32
    linear[hold]
}

fn waits(run: &RunSummary) -> Vec<String> {
    run.waits.iter().map(ToString::to_string).collect()
}

fn until_waiting(run: &RunnerHandle<Order>) {
    while run.state().unwrap() != RunState::Waiting {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_a_run_waits_for_is_told_by_whoever_reads_the_book() {
    let folder = tempfile::tempdir().unwrap();
    let book = Logbook::open(folder.path()).unwrap();
    let runner = Runner::new(Serial, book.clone())
        .register::<Order>(OrderResources {})
        .build();
    let run = runner
        .start::<Order>(OrderInputs {})
        .id("x")
        .start()
        .unwrap();
    until_waiting(&run);
    // Another process, while this one has the book open.
    let told = LogbookReader::open(folder.path()).unwrap().runs().unwrap();
    assert_eq!(told[0].state, RunState::Waiting);
    assert_eq!(waits(&told[0]), ["signal `approval`"]);
    let (what, since) = (told[0].waits[0].what, told[0].waits[0].since.unwrap());
    assert_eq!(what, WaitsFor::Signal);
    assert!(since.elapsed().unwrap() < Duration::from_mins(1));
    assert_eq!(told[0].waits[0].until, None);
    let listed = runner.runs().state(RunState::Waiting).list().unwrap();
    assert_eq!(
        listed[0].to_string(),
        "run `x` of `order` v1 is waiting for signal `approval`"
    );
    run.signal("approval", &7_u32).unwrap();
    assert_eq!(run.wait().unwrap(), 7);
    let told = LogbookReader::open(folder.path()).unwrap().runs().unwrap();
    assert_eq!(
        (told[0].state, told[0].waits.len()),
        (RunState::Succeeded, 0)
    );
}

/// The book as it is when its process is killed while the run waits.
fn killed() -> (tempfile::TempDir, Logbook) {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runner = Runner::new(Serial, Logbook::open(first.path()).unwrap())
        .register::<Order>(OrderResources {})
        .build();
    let run = runner
        .start::<Order>(OrderInputs {})
        .id("x")
        .start()
        .unwrap();
    until_waiting(&run);
    let log = "00000001.log";
    std::fs::copy(first.path().join(log), second.path().join(log)).unwrap();
    runner.drain(Duration::ZERO);
    let book = Logbook::open(second.path()).unwrap();
    (second, book)
}

#[test]
fn a_run_that_waited_when_its_process_was_killed_still_waits() {
    let (_folder, book) = killed();
    let told = book.runs().unwrap();
    assert_eq!(told[0].state, RunState::Waiting);
    assert_eq!(waits(&told[0]), ["signal `approval`"]);
    let since = told[0].waits[0].since;
    let runner = Runner::new(Serial, book.clone())
        .register::<Order>(OrderResources {})
        .build();
    // It is taken up all the same: somebody has to be there when the signal comes.
    let recovery = runner.recover().unwrap();
    assert_eq!((recovery.resumed.len(), recovery.waiting.len()), (1, 0));
    let run = runner.get::<Order>(&id("x")).unwrap().unwrap();
    until_waiting(&run);
    assert_eq!(book.runs().unwrap()[0].waits[0].since, since);
    run.signal("approval", &7_u32).unwrap();
    assert_eq!(run.wait().unwrap(), 7);
}

#[test]
fn a_run_that_nobody_drives_is_told_of_and_started_again() {
    let (_folder, book) = killed();
    let runner = Runner::new(Serial, book)
        .register::<Order>(OrderResources {})
        .build();
    let run = runner.get::<Order>(&id("x")).unwrap().unwrap();
    let error = run.wait().unwrap_err().to_string();
    assert_eq!(
        error,
        "run `x` is waiting, and nobody takes it up; `recover` does, or `resume`"
    );
    // Attaching to it takes it up, and so does what it waits for.
    let run = runner
        .start::<Order>(OrderInputs {})
        .id("x")
        .start()
        .unwrap();
    run.signal("approval", &7_u32).unwrap();
    assert_eq!(run.wait().unwrap(), 7);
}

#[test]
fn signals_are_told_first_and_not_all_of_many() {
    let book = Logbook::memory();
    let runner = Runner::new(Serial, book.clone())
        .register::<Long>(LongResources {})
        .overdue_after(Duration::ZERO)
        .build();
    let run = runner.start::<Long>(LongInputs {}).start().unwrap();
    while run.state().unwrap() != RunState::Waiting {
        thread::sleep(Duration::from_millis(1));
    }
    let told = book.runs().unwrap();
    assert_eq!(told[0].waits.len(), 8);
    assert!(
        told[0]
            .waits
            .iter()
            .all(|wait| wait.what == WaitsFor::Signal)
    );
    let until = told[0].waits[0].until.unwrap();
    assert!(until > SystemTime::now() + Duration::from_hours(1));
    runner.drain(Duration::ZERO);
}

#[test]
fn a_signal_that_does_not_come_needs_a_person() {
    let (_folder, book) = killed();
    let with = |waited| {
        Runner::new(Serial, book.clone())
            .register::<Order>(OrderResources {})
            .overdue_after(waited)
            .build()
    };
    let patient = with(Duration::from_hours(1));
    assert!(patient.runs().attention().list().unwrap().is_empty());
    thread::sleep(Duration::from_millis(5));
    let trouble = with(Duration::from_millis(5)).runs().attention().list();
    let trouble = trouble.unwrap();
    let Some(Attention::Overdue { signal, waited }) = &trouble[0].attention else {
        panic!("{}", trouble[0])
    };
    assert_eq!(signal, "approval");
    assert!(*waited >= Duration::from_millis(5));
}

#[test]
fn a_run_that_says_nothing_needs_a_person() {
    let (book, gate) = (Logbook::memory(), Gate::default());
    let runner = Runner::new(Serial, book)
        .register::<Held>(HeldResources { gate: gate.clone() })
        .stuck_after(Duration::from_millis(150))
        .build();
    let start = |number| runner.start::<Held>(HeldInputs { number });
    let silent = start(0).id("silent").start().unwrap();
    let alive = start(1).id("alive").start().unwrap();
    gate.crowd(1);
    assert!(runner.runs().attention().list().unwrap().is_empty());
    thread::sleep(Duration::from_millis(200));
    let trouble = runner.runs().attention().list().unwrap();
    assert_eq!(trouble.len(), 1, "{trouble:?}");
    assert_eq!(trouble[0].run.id, *silent.id());
    assert!(matches!(
        trouble[0].attention,
        Some(Attention::Stuck { silent }) if silent >= Duration::from_millis(150)
    ));
    gate.open();
    assert_eq!((silent.wait().unwrap(), alive.wait().unwrap()), (0, 1));
    assert!(runner.runs().attention().list().unwrap().is_empty());
}

#[test]
fn the_deadline_of_a_run_holds_while_it_waits_for_a_thread() {
    let (book, gate) = (Logbook::memory(), Gate::default());
    let runner = Runner::new(Serial, book.clone())
        .register::<Held>(HeldResources { gate: gate.clone() })
        .max_running(1)
        .build();
    let start = |number| runner.start::<Held>(HeldInputs { number });
    let first = start(0).start().unwrap();
    let late = start(0).within(Duration::from_millis(20)).start().unwrap();
    thread::sleep(Duration::from_millis(30));
    gate.open();
    assert_eq!(first.wait().unwrap(), 0);
    let failed = failed(late.wait());
    assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
    let told = book.run_summary(late.id()).unwrap().unwrap();
    assert_eq!(told.state, RunState::Failed);
    assert!(told.deadline.unwrap() < SystemTime::now());
}
