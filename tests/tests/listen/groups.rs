//! What is told of groups, and of what is in them.

use taskflow::logbook::MemoryDisk;
use taskflow::{AnyEngine, Capture, Durability, Failure, Logbook, Serial, TaskContext, flow, task};

use crate::order::ENGINES;
use crate::records::{heard, recorded};

#[task(revert = unfetch(fetch))]
fn fetch(page: u32, ctx: &TaskContext) -> Result<u32, String> {
    match (page, ctx.attempt()) {
        (2, 1) => Err("busy".to_owned()),
        _ => Ok(page * 10),
    }
}

fn unfetch(_fetch: &u32) {}

#[task]
fn parse(fetch: u32) -> u32 {
    fetch + 1
}

#[task]
fn choose() -> bool {
    true
}

#[task]
fn extra() -> u32 {
    5
}

#[task]
fn risky() -> Result<u32, String> {
    Err("no".to_owned())
}

#[task]
fn finish(documents: &[u32], extra: Option<&u32>, tried: &Result<u32, Failure>) -> u32 {
    let tried = u32::from(tried.is_err());
    documents.iter().sum::<u32>() + extra.copied().unwrap_or(0) + tried
}

flow! {
    struct Grouped { pages: Vec<u32> } -> u32
    linear[
        map(page in pages)[linear[retry(times = 2)[fetch], parse]] as documents,
        choose,
        when(choose)[extra],
        try[risky] as tried,
        sleep("1ms"),
        finish,
    ]
}

#[test]
fn the_events_of_groups_in_order() {
    let capture = Capture::new();
    let flow = Grouped { pages: vec![1, 2] }.listen(capture.clone());
    assert_eq!(flow.run(&Serial, &Logbook::memory()).unwrap(), 38);
    let expected = [
        "run started",
        "documents opened: 2 items",
        "retry@fetch[0] opened: 2 attempts",
        "fetch[0] started",
        "fetch[0] done",
        "parse[0] started",
        "parse[0] done",
        "retry@fetch[1] opened: 2 attempts",
        "fetch[1] started",
        "fetch[1] failed: busy",
        "retry@fetch[1] undone and run again",
        "fetch[1] started (attempt 2)",
        "fetch[1] done",
        "parse[1] started",
        "parse[1] done",
        "documents done",
        "choose started",
        "choose done",
        "when@extra opened: arm 0",
        "extra started",
        "extra done",
        "tried opened",
        "risky started",
        "risky failed: no",
        "tried done",
        "sleep waits",
        "sleep due",
        "finish started",
        "finish done",
        "run succeeded",
    ];
    assert_eq!(capture.take(), expected);
}

#[task]
fn plain(page: u32, ctx: &TaskContext) -> Result<u32, String> {
    match (page % 3, ctx.attempt()) {
        (2, 1) => Err("busy".to_owned()),
        _ => Ok(page),
    }
}

#[task]
fn look(page: u32) {
    assert!(page < 100);
}

// Nothing is left to undo of an item that is done, and so nothing of it is remembered.
flow! {
    struct Forgotten { pages: Vec<u32> } -> plains: Vec<u32>
    linear[
        map(page in pages)[retry(times = 2)[plain]] as plains,
        map(page in pages)[linear[look, timeout("1m")[sleep("1ms")]]],
    ]
}

#[test]
fn the_events_of_groups_are_the_records() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        for round in 0..40 {
            let disk = MemoryDisk::default();
            let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap();
            let capture = Capture::new();
            let pages = vec![0, 1, 3, 4, 6, 7, 9, 10];
            if round % 2 == 0 {
                let flow = Grouped { pages }.listen(capture.clone());
                flow.run(&engine, &book).unwrap();
            } else {
                let flow = Forgotten { pages }.listen(capture.clone());
                flow.run(&engine, &book).unwrap();
            }
            drop(book);
            assert_eq!(heard(&capture.take_events()), recorded(&disk.bytes()));
        }
    }
}
