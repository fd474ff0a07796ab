//! Values that were not stored, or cannot be.

use serde::{Deserialize, Serialize};
use taskflow::{FailureKind, Logbook, RunState, Serial, TaskContext, Undone, flow, task};
use tests::{Journal, failed};

use crate::crash::fail;
use crate::places::{Killer, Place, id};

/// No serde: it lives in one process.
#[derive(Clone)]
struct Connection(u32);

#[task(transient)]
fn connect(killer: &Killer, ctx: &TaskContext) -> Connection {
    killer.pass(ctx, "");
    Connection(3)
}

#[task(transient)]
fn session(connect: &Connection, killer: &Killer, ctx: &TaskContext) -> Connection {
    killer.pass(ctx, "");
    Connection(connect.0 + 1)
}

#[task(revert = drop_table(session, create, killer, ctx))]
fn create(session: &Connection, killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    session.0 * 10
}

fn drop_table(session: &Connection, create: &u32, killer: &Killer, ctx: &TaskContext) {
    killer.pass(ctx, "<");
    killer.note(format!("drop {create} over {}", session.0));
}

#[task]
fn fill(session: &Connection, create: u32, killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    create + session.0
}

#[task]
fn report(fill: u32, killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    fill
}

flow! {
    struct Import { #[resource] killer: Killer } -> u32
    linear[connect, session, create, fill, report]
}

#[test]
fn a_transient_value_is_made_again_where_it_is_needed() {
    let place = Place::new();
    let killer = place.killer("fill");
    let result = Import { killer }.id("x").run(&Serial, &place.book());
    assert_eq!(result.unwrap(), 44);
    let book = place.killed();
    let killer = place.harmless();
    assert_eq!(Import { killer }.id("x").run(&Serial, &book).unwrap(), 44);
    let effects = place.journal.take();
    assert_eq!(effects, ["connect", "session", "fill", "report"]);
}

#[test]
fn a_transient_value_is_not_made_again_where_nobody_needs_it() {
    let place = Place::new();
    let killer = place.killer("report");
    Import { killer }
        .id("x")
        .run(&Serial, &place.book())
        .unwrap();
    let book = place.killed();
    let killer = place.harmless();
    assert_eq!(Import { killer }.id("x").run(&Serial, &book).unwrap(), 44);
    assert_eq!(place.journal.take(), ["report"]);
}

flow! {
    struct BadImport { #[resource] killer: Killer }
    linear[connect, session, create, fail]
}

#[test]
fn a_transient_value_is_made_again_for_a_revert() {
    let place = Place::new();
    let killer = place.killer("create<");
    failed(BadImport { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    let killer = place.harmless();
    failed(BadImport { killer }.id("x").run(&Serial, &book));
    let effects = place.journal.take();
    assert_eq!(effects, ["connect", "session", "create<", "drop 40 over 4"]);
    assert_eq!(book.runs().unwrap()[0].state, RunState::Reverted);
}

#[test]
fn a_transient_value_is_made_again_for_a_failure_after_a_kill() {
    let place = Place::new();
    let killer = place.killer("fail");
    failed(BadImport { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    let killer = place.harmless();
    failed(BadImport { killer }.id("x").run(&Serial, &book));
    let effects = place.journal.take();
    // Before the failure nobody needs it.
    let wanted = ["fail", "connect", "session", "create<", "drop 40 over 4"];
    assert_eq!(effects, wanted);
}

flow! {
    struct Connects { #[resource] killer: Killer } -> session: Connection
    linear[connect, session]
}

#[test]
fn a_transient_output_is_made_again_when_the_end_is_told() {
    let place = Place::new();
    let book = place.book();
    for _ in 0..2 {
        let killer = place.harmless();
        let output = Connects { killer }.id("x").run(&Serial, &book).unwrap();
        assert_eq!(output.0, 4);
        assert_eq!(place.journal.take(), ["connect", "session"]);
        assert_eq!(book.runs().unwrap()[0].state, RunState::Succeeded);
    }
}

#[task(transient)]
fn dial(create: u32, line: &bool, killer: &Killer, ctx: &TaskContext) -> Result<u32, String> {
    killer.pass(ctx, "");
    line.then_some(create + 1)
        .ok_or_else(|| "the line is dead".to_owned())
}

flow! {
    struct Dials { #[resource] killer: Killer, #[resource] line: bool } -> u32
    linear[connect, session, create, dial]
}

#[test]
fn a_run_that_has_succeeded_stays_so_when_its_output_cannot_be_made_again() {
    let place = Place::new();
    let book = place.book();
    let told = |line| {
        let killer = place.harmless();
        Dials { killer, line }.id("x").run(&Serial, &book)
    };
    assert_eq!(told(true).unwrap(), 41);
    assert_eq!(place.journal.take().len(), 4);
    let lost = told(false).unwrap_err();
    assert_eq!(
        lost.to_string(),
        "run `x` succeeded, but its result cannot be had: the line is dead"
    );
    // Nothing of what succeeded is undone, and the next one may have more luck.
    assert_eq!(place.journal.take(), ["dial"]);
    assert_eq!(book.runs().unwrap()[0].state, RunState::Succeeded);
    assert!(Dials::unfinished(&book).unwrap().is_empty());
    assert_eq!(told(true).unwrap(), 41);
}

/// Encodes, but cannot be decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
    Text(String),
}

#[task(revert = unroll(untagged, journal))]
fn untagged(journal: &Journal) -> Untagged {
    journal.note("untagged");
    Untagged::Number(5)
}

fn unroll(untagged: &Untagged, journal: &Journal) {
    journal.note(format!("unroll {untagged:?}"));
}

#[task]
fn after(untagged: &Untagged, journal: &Journal) -> bool {
    journal.note("after");
    *untagged == Untagged::Number(5)
}

flow! {
    struct Unstorable { #[resource] journal: Journal } -> bool
    linear[untagged, after]
}

#[test]
fn a_result_that_cannot_be_stored_fails_when_it_is_written() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let flow = Unstorable {
        journal: journal.clone(),
    };
    let failed = failed(flow.id("x").run(&Serial, &book));
    assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Unstorable);
    assert_eq!(failed.failures()[0].task, "untagged");
    // What it did is in place, so it is undone.
    assert_eq!(journal.take(), ["untagged", "unroll Number(5)"]);
    assert_eq!(failed.undone(), &Undone::All);
    assert_eq!(
        book.run_summary(&id("x")).unwrap().unwrap().state,
        RunState::Reverted
    );
    // Without a logbook nothing is stored.
    let flow = Unstorable {
        journal: journal.clone(),
    };
    assert!(flow.call(&Serial).unwrap());
    assert_eq!(journal.take(), ["untagged", "after"]);
}

flow! {
    struct UnstorableInput { untagged: Untagged, #[resource] journal: Journal } -> bool
    linear[after]
}

#[test]
fn an_input_that_cannot_be_stored_is_refused_before_anything_runs() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let flow = UnstorableInput {
        untagged: Untagged::Text(String::new()),
        journal: journal.clone(),
    };
    let refused = flow.run(&Serial, &book).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("the inputs cannot be stored: "),
        "{refused}"
    );
    assert!(book.runs().unwrap().is_empty() && journal.take().is_empty());
}
