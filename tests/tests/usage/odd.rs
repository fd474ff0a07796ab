//! Values and panics that misbehave outside of the task that they come from.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Deserializer, Serialize};
use taskflow::{
    Failed, FailureKind, Logbook, Outcome, Parallel, Serial, TaskContext, Undone, flow, task,
};
use tests::{Journal, failed};

use crate::crash::fail;
use crate::places::{Killer, Place};

/// The payload of a panic that panics when it is dropped, with another one like it.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any(Bomb);
    }
}

#[task(revert = defuse(journal))]
fn arm(journal: &Journal) -> u32 {
    journal.note("arm");
    1
}

fn defuse(journal: &Journal) {
    journal.note("defuse");
}

#[task]
fn explode(arm: u32) -> u32 {
    if arm > 0 {
        std::panic::panic_any(Bomb);
    }
    arm
}

flow! {
    struct Explodes { #[resource] journal: Journal } -> u32
    linear[arm, explode]
}

#[test]
fn a_panic_whose_payload_panics_is_a_failure_like_any_other() {
    let (journal, book) = (Journal::default(), Logbook::memory());
    let flow = || Explodes {
        journal: journal.clone(),
    };
    let check = |failed: Failed| {
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Panic);
        assert_eq!(failed.undone(), &Undone::All);
        assert_eq!(journal.take(), ["arm", "defuse"]);
    };
    check(failed(flow().run(&Serial, &book)));
    check(failed(flow().run(&Parallel::new(), &book)));
}

/// Can be stored, and panics when it is read in a foul mood.
#[derive(Clone, Serialize)]
struct Moody;

static FOUL: AtomicBool = AtomicBool::new(false);

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        assert!(!FOUL.load(Ordering::SeqCst), "not today");
        Ok(Self)
    }
}

#[task]
fn moody() -> Moody {
    Moody
}

#[task]
fn cheer(moody: &Moody, killer: &Killer, ctx: &TaskContext) -> u32 {
    let Moody = moody;
    killer.pass(ctx, "");
    2
}

flow! {
    struct Cheers { #[resource] killer: Killer } -> u32
    linear[moody, cheer]
}

#[test]
fn a_value_that_panics_when_it_is_read_is_a_value_that_cannot_be_read() {
    let place = Place::new();
    let killer = place.killer("cheer");
    let flow = Cheers { killer };
    assert_eq!(flow.id("x").run(&Serial, &place.book()).unwrap(), 2);
    let book = place.killed();
    let killer = place.harmless();
    FOUL.store(true, Ordering::SeqCst);
    let failed = failed(Cheers { killer }.id("x").run(&Serial, &book));
    assert_eq!(
        failed.failures()[0].failure.message(),
        "what `moody` provided cannot be read: not today"
    );
}

/// Encodes, but cannot be decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Blob {
    Number(u32),
}

#[task(revert = unblob(blob, killer, ctx))]
fn blob(killer: &Killer, ctx: &TaskContext) -> Blob {
    killer.pass(ctx, "");
    Blob::Number(5)
}

fn unblob(blob: &Blob, killer: &Killer, ctx: &TaskContext) {
    let Blob::Number(_) = blob;
    killer.pass(ctx, "<");
}

flow! {
    struct Blobs { #[resource] killer: Killer }
    linear[blob]
}

#[test]
fn a_result_that_was_not_stored_is_missed_by_a_revert_that_was_cut_short() {
    let place = Place::new();
    let killer = place.killer("blob<");
    failed(Blobs { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    for _ in 0..2 {
        let killer = place.harmless();
        let resources = BlobsResources { killer };
        let handle = Blobs::resume(&crate::places::id("x"), resources, &Serial, &book).unwrap();
        let failed = failed(handle.wait());
        let Undone::Partly(left) = failed.undone() else {
            panic!("{failed}");
        };
        let lost = left[0].failure.as_ref().unwrap();
        assert_eq!(lost.kind(), FailureKind::Lost);
        assert!(lost.message().ends_with("undo it by hand"), "{lost}");
        assert!(place.journal.take().is_empty());
    }
}

#[task(transient)]
fn login(killer: &Killer, ctx: &TaskContext) -> Result<u32, String> {
    killer.pass(ctx, "");
    if ctx.is_stopping() {
        return Err("what for?".to_owned());
    }
    Ok(4)
}

#[task(revert = lower(login, killer, ctx))]
fn raise(login: u32, killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    login
}

fn lower(login: u32, killer: &Killer, ctx: &TaskContext) -> Result<(), String> {
    killer.pass(ctx, "<");
    if ctx.is_stopping() {
        return Err(format!("session {login} has no time"));
    }
    Ok(())
}

flow! {
    struct Raises { #[resource] killer: Killer }
    linear[login, raise, fail]
}

#[test]
fn what_undoes_a_run_is_not_told_to_stop() {
    let place = Place::new();
    let killer = place.killer("raise<");
    failed(Raises { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    let killer = place.harmless();
    let failed = failed(Raises { killer }.id("x").run(&Serial, &book));
    assert_eq!(failed.undone(), &Undone::All, "{failed}");
    assert_eq!(place.journal.take(), ["login", "raise<"]);
}

#[task(revert = search(outcome, killer, ctx), on_unknown = revert)]
fn place_order(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    6
}

fn search(outcome: Outcome<'_, u32>, killer: &Killer, ctx: &TaskContext) -> Result<(), String> {
    killer.pass(ctx, "<");
    Err(format!("{outcome:?}: the index is down"))
}

flow! {
    #[flow(on_failure = keep)]
    struct Orders { #[resource] killer: Killer } -> u32
    linear[place_order]
}

#[test]
fn a_run_that_keeps_says_which_revert_failed() {
    let place = Place::new();
    let killer = place.killer("place_order");
    let flow = Orders { killer };
    flow.id("x").run(&Serial, &place.book()).unwrap();
    let book = place.killed();
    let killer = place.harmless();
    let failed = failed(Orders { killer }.id("x").run(&Serial, &book));
    assert_eq!(failed.undone(), &Undone::Kept);
    assert_eq!(failed.failures()[0].task, "place_order");
    assert_eq!(
        failed.failures()[0].failure.message(),
        "Unknown: the index is down"
    );
}
