//! The order of the events is that of the records, whatever the engine.

use std::time::{Duration, SystemTime};

use taskflow::logbook::MemoryDisk;
use taskflow::{
    AnyEngine, Capture, Durability, Logbook, RunEvent, Serial, TaskContext, flow, task,
};
use tests::{Journal, everywhere};

use crate::records::{heard, recorded};

pub(crate) const ENGINES: [&str; 3] = ["serial", "parallel:2", "parallel:4"];

#[task]
fn seed() -> u64 {
    1
}

#[task(revert = unstep(step))]
fn step(seed: u64) -> u64 {
    seed + 1
}

fn unstep(_step: &u64) {}

#[task(retry(times = 2))]
fn stumble(ctx: &TaskContext) -> Result<u64, String> {
    ctx.checkpoint(&ctx.attempt()).map_err(|e| e.to_string())?;
    match ctx.attempt() {
        1 => Err("once".to_owned()),
        _ => Ok(7),
    }
}

#[task]
fn check(sum: u64, good: bool) -> Result<u64, String> {
    if good { Ok(sum) } else { Err("bad".to_owned()) }
}

#[task]
fn add(a: u64, b: u64, c: u64, d: u64, stumble: u64) -> u64 {
    a + b + c + d + stumble
}

flow! {
    pub(crate) struct Wide { good: bool } -> check: u64
    linear[
        seed,
        unordered[
            linear[step as a1, step(seed = a1) as a],
            linear[step as b1, step(seed = b1) as b],
            linear[step as c1, step(seed = c1) as c],
            step as d,
            stumble,
        ],
        add as sum,
        check,
    ]
}

#[test]
fn events_come_in_the_order_of_the_records() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        for durability in [
            Durability::Synced,
            Durability::Pipelined,
            Durability::Os,
            Durability::Never,
        ] {
            for round in 0..50 {
                let disk = MemoryDisk::default();
                let book = Logbook::with_disk(Box::new(disk.clone()), durability).unwrap();
                let capture = Capture::new();
                let good = round % 2 == 0;
                let flow = Wide { good }.listen(capture.clone());
                assert_eq!(flow.run(&engine, &book).is_ok(), good);
                drop(book);
                let events = capture.take_events();
                assert_eq!(heard(&events), recorded(&disk.bytes()));
                assert!(events.is_sorted_by_key(RunEvent::time));
            }
        }
    }
}

#[test]
fn a_run_that_goes_well_in_order() {
    let capture = Capture::new();
    let before = SystemTime::now();
    let flow = Wide { good: true }.id("w").listen(capture.clone());
    flow.run(&Serial, &Logbook::memory()).unwrap();
    let events = capture.take_events();
    for event in &events {
        assert_eq!(event.run().as_ref(), "w");
        assert_eq!((event.flow(), event.version()), ("wide", 1));
        assert!(event.time() >= before && event.time() <= SystemTime::now());
    }
    let lines: Vec<_> = events
        .iter()
        .map(|event| event.change().to_string())
        .collect();
    let mut expected = vec!["run started".to_owned()];
    for task in ["seed", "a1", "a", "b1", "b", "c1", "c", "d", "stumble"] {
        expected.extend([format!("{task} started"), format!("{task} done")]);
    }
    expected.pop();
    for line in [
        "stumble checkpoint",
        "stumble failed: once; it is attempted again",
        "stumble due",
        "stumble started (attempt 2)",
        "stumble checkpoint",
        "stumble done",
        "sum started",
        "sum done",
        "check started",
        "check done",
        "run succeeded",
    ] {
        expected.push(line.to_owned());
    }
    assert_eq!(lines, expected);
}

#[test]
fn a_run_without_a_logbook_tells_the_same() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        for good in [true, false] {
            let capture = Capture::new();
            let with = Wide { good }.listen(capture.clone());
            drop(with.run(&engine, &Logbook::memory()));
            let mut recorded = capture.take();
            let without = Wide { good }.listen(capture.clone());
            drop(without.call(&engine));
            let events = capture.take_events();
            assert!(events.iter().all(|event| event.run() == events[0].run()));
            let mut told: Vec<_> = events.iter().map(|e| e.change().to_string()).collect();
            assert_eq!(told.last(), recorded.last());
            // What one thread takes to itself and gives back depends on the moment.
            for lines in [&mut told, &mut recorded] {
                lines.retain(|line| !line.contains("not started yet"));
                lines.sort();
                lines.dedup();
            }
            assert_eq!(told, recorded);
        }
    }
}

#[task]
fn sees_its_start(journal: &Journal, ctx: &TaskContext) -> u64 {
    let started = format!("{} started", ctx.atom());
    let told = journal.take();
    for line in &told {
        journal.note(line.clone());
    }
    assert!(told.contains(&started), "{started} was not told: {told:?}");
    1
}

flow! {
    struct Seers { #[resource] journal: Journal }
    linear[sees_its_start as first, sees_its_start as second, sees_its_start as third]
}

#[test]
fn a_task_is_called_after_its_start_is_told() {
    everywhere!(
        |journal| {
            let told = journal.clone();
            Seers { journal }.listen(move |event: &RunEvent| {
                // As slow as it gets.
                std::thread::sleep(Duration::from_millis(1));
                told.note(event.change().to_string());
            })
        },
        |seen| seen.result.unwrap()
    );
}

#[test]
fn an_end_that_is_told_again_is_no_event() {
    let book = Logbook::memory();
    let capture = Capture::new();
    Wide { good: true }.id("w").run(&Serial, &book).unwrap();
    let again = Wide { good: true }.id("w").listen(capture.clone());
    again.run(&Serial, &book).unwrap();
    assert!(capture.take().is_empty());
}

#[test]
fn who_starts_a_run_and_who_waits_for_it_both_listen() {
    let book = Logbook::memory();
    let (starter, waiter) = (Capture::new(), Capture::new());
    let start = Wide { good: true }.listen(starter.clone());
    let run = start.start(&Serial, &book).unwrap();
    assert_eq!(starter.take(), ["run started"]);
    let run = run.listen(waiter.clone());
    run.wait().unwrap();
    let told = starter.take();
    assert_eq!(told[..2], ["run taken up", "seed started"]);
    assert_eq!(told, waiter.take());
}
