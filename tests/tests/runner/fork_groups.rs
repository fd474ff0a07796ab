//! New runs that take over what others have done in groups.

use std::thread;
use std::time::Duration;

use taskflow::{
    Failure, Logbook, RunState, Runner, RunnerHandle, Serial, TaskContext, Undo, flow, task,
};
use tests::{Journal, failed};

use crate::flows::id;

#[task]
fn list(count: u32, journal: &Journal) -> Vec<u32> {
    journal.note("list");
    (0..count).collect()
}

#[task(revert = unfetch(fetch, journal))]
fn fetch(page: u32, journal: &Journal) -> u32 {
    journal.note(format!("fetch {page}"));
    page * 10
}

fn unfetch(fetch: &u32, journal: &Journal) {
    journal.note(format!("unfetch {fetch}"));
}

#[task]
fn parse(fetch: u32, journal: &Journal) -> Result<u32, String> {
    journal.note(format!("parse {fetch}"));
    if fetch == 10 {
        Err("page 1 is blank".to_owned())
    } else {
        Ok(fetch + 1)
    }
}

#[task]
fn mirror(place: &str, ctx: &TaskContext, journal: &Journal) -> Result<String, String> {
    journal.note(format!("mirror {place}"));
    if ctx.run_id().as_ref() == "x" && place != "third" {
        return Err(format!("{place} is down"));
    }
    Ok(place.to_owned())
}

#[task(provides = refusal)]
fn refuse() -> Result<u32, String> {
    Err("no".to_owned())
}

#[task]
fn many(page: u32, journal: &Journal) -> u32 {
    journal.note(format!("many {page}"));
    page
}

#[task]
fn told(
    documents: &[Result<u32, Failure>],
    place: &str,
    tried: &Result<u32, Failure>,
    approval: u32,
    few: Option<&u32>,
    journal: &Journal,
) -> String {
    journal.note("told");
    let documents: Vec<_> = documents
        .iter()
        .map(|document| match document {
            Ok(number) => number.to_string(),
            Err(error) => error.to_string(),
        })
        .collect();
    let tried = tried.as_ref().err().map(ToString::to_string);
    format!(
        "{} at {place}; {tried:?}; {approval}; {few:?}",
        documents.join(", ")
    )
}

flow! {
    #[flow(on_failure = keep)]
    struct Import {
        count: u32,
        places: Vec<String>,
        large: bool,
        #[resource] journal: Journal,
    } -> String
    linear[
        list,
        map(page in list, limit = 2, tolerate = 1)[fetch, parse] as documents,
        retry(place in places)[mirror],
        try[refuse] as tried,
        timeout("1h")[signal(approval: u32)],
        sleep("1ms") as pause,
        when(large)[many(page = count) as few],
        told(place = mirror),
    ]
}

const TOLD: &str = "1, page 1 is blank, 21 at third; Some(\"no\"); 7; Some(3)";

/// A runner, and a run `x` of it that is over.
fn imported() -> (Runner, Journal) {
    let journal = Journal::default();
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Import>(ImportResources {
            journal: journal.clone(),
        })
        .build();
    let inputs = ImportInputs {
        count: 3,
        places: ["first", "second", "third"].map(str::to_owned).to_vec(),
        large: true,
    };
    let run = runner.start::<Import>(inputs).id("x").start().unwrap();
    assert_eq!(answered(&run), TOLD);
    let _ = journal.take();
    (runner, journal)
}

/// The output of a run, once it has its signal if it waits for it.
fn answered(run: &RunnerHandle<Import>) -> String {
    loop {
        match run.state().unwrap() {
            RunState::Waiting => drop(run.signal("approval", &7_u32)),
            RunState::Running => thread::sleep(Duration::from_millis(1)),
            _ => return run.wait().unwrap(),
        }
    }
}

#[test]
fn a_fork_takes_over_groups_that_stand_before() {
    let (runner, journal) = imported();
    for (from, effects) in [
        ("told", &["told"][..]),
        ("few", &["many 3", "told"]),
        ("pause", &["many 3", "told"]),
        ("approval", &["many 3", "told"]),
        ("tried", &["many 3", "told"]),
    ] {
        let fork = runner.fork::<Import>(&id("x"), from).unwrap();
        assert_eq!(answered(&fork), TOLD, "from `{from}`");
        assert_eq!(journal.take(), effects, "from `{from}`");
    }
}

#[test]
fn a_fork_of_a_retry_comes_to_the_attempt_that_it_had_come_to() {
    let (runner, journal) = imported();
    let fork = runner.fork::<Import>(&id("x"), "mirror").unwrap();
    assert_eq!(answered(&fork), TOLD);
    assert_eq!(journal.take(), ["mirror third", "many 3", "told"]);
    // From the group, it begins with the first.
    let fork = runner.fork::<Import>(&id("x"), "retry@mirror").unwrap();
    assert_eq!(answered(&fork), TOLD.replace("third", "first"));
    assert_eq!(journal.take(), ["mirror first", "many 3", "told"]);
}

#[test]
fn what_was_taken_over_of_groups_is_undone_with_the_fork() {
    let (runner, journal) = imported();
    let fork = runner.fork::<Import>(&id("x"), "approval").unwrap();
    while fork.state().unwrap() != RunState::Waiting {
        thread::sleep(Duration::from_millis(1));
    }
    fork.cancel(Undo::Revert).unwrap();
    failed(fork.wait());
    assert_eq!(fork.state().unwrap(), RunState::Reverted);
    assert_eq!(journal.take(), ["unfetch 20", "unfetch 0"]);
}

#[test]
fn an_item_is_forked_and_the_others_are_taken_over() {
    let (runner, journal) = imported();
    let fork = runner.fork::<Import>(&id("x"), "parse[2]").unwrap();
    assert_eq!(answered(&fork), TOLD.replace("third", "first"));
    let effects = journal.take();
    // The one that failed is tried again.
    assert_eq!(effects[..3], ["fetch 1", "parse 10", "unfetch 10"]);
    assert_eq!(effects[3..5], ["parse 20", "mirror first"]);
}

#[test]
fn what_is_not_done_is_not_taken_over() {
    let (runner, journal) = imported();
    let fork = runner.fork::<Import>(&id("x"), "approval").unwrap();
    while fork.state().unwrap() != RunState::Waiting {
        thread::sleep(Duration::from_millis(1));
    }
    fork.cancel(Undo::Keep).unwrap();
    drop(fork.wait());
    let refused = runner.fork::<Import>(fork.id(), "told").unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("cannot be forked from `told`: `"),
        "{refused}"
    );
    assert!(refused.ends_with("stands before it and is not done; fork it from there"));
    let again = runner.fork::<Import>(fork.id(), "tried").unwrap();
    assert_eq!(answered(&again), TOLD);
    assert_eq!(journal.take(), ["many 3", "told"]);
}

#[test]
fn what_cannot_be_taken_over_in_part_is_refused() {
    let (runner, journal) = imported();
    // The second item is to be tried again, and then the third may not have begun.
    let refused = runner.fork::<Import>(&id("x"), "parse[0]").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "run `x` cannot be forked from `parse[0]`: what `documents` has done cannot be taken over \
         in part, as it had begun anew or works at a few items at once; fork it from `documents`, \
         or from a task before it"
    );
    assert_eq!(journal.take(), [""; 0]);
}

#[task]
fn flaky(item: u32, ctx: &TaskContext, journal: &Journal) -> Result<u32, String> {
    journal.note(format!("flaky {item}"));
    if ctx.attempt() <= item {
        return Err("not yet".to_owned());
    }
    Ok(item)
}

#[task]
fn half(flaky: u32) -> Result<u32, String> {
    if flaky.is_multiple_of(2) {
        Ok(flaky / 2)
    } else {
        Err(format!("{flaky} is odd"))
    }
}

#[task]
fn show(part: &Result<u32, Failure>, journal: &Journal) -> String {
    journal.note("show");
    match part {
        Ok(part) => part.to_string(),
        Err(failure) => failure.to_string(),
    }
}

#[task]
fn join(shown: &[String], journal: &Journal) -> String {
    journal.note("join");
    shown.join(", ")
}

flow! {
    struct Halves { items: Vec<u32>, #[resource] journal: Journal } -> String
    linear[
        map(item in items)[retry(times = 3)[flaky], try[half] as part, show] as shown,
        join,
    ]
}

#[test]
fn groups_in_items_that_nothing_is_left_of_are_taken_over() {
    let journal = Journal::default();
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Halves>(HalvesResources {
            journal: journal.clone(),
        })
        .build();
    let items = vec![0, 1, 2];
    let run = runner.start::<Halves>(HalvesInputs { items });
    let run = run.id("x").start().unwrap();
    let halves = "0, 1 is odd, 1";
    assert_eq!(run.wait().unwrap(), halves);
    let _ = journal.take();
    for (from, effects) in [
        ("join", &["join"][..]),
        ("show[1]", &["show", "join"]),
        ("part[2]", &["show", "join"]),
    ] {
        let fork = runner.fork::<Halves>(&id("x"), from).unwrap();
        assert_eq!(fork.wait().unwrap(), halves, "from `{from}`");
        assert_eq!(journal.take(), effects, "from `{from}`");
        // What was made of a fork is as good.
        let again = runner.fork::<Halves>(fork.id(), "join").unwrap();
        assert_eq!(again.wait().unwrap(), halves);
        assert_eq!(journal.take(), ["join"]);
    }
}
