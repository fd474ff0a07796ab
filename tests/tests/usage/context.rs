//! What a run tells its tasks.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use taskflow::{
    CheckpointError, Logbook, Outcome, Parallel, Serial, TaskContext, Undone, flow, task,
};
use tests::{Journal, everywhere, failed};

use crate::places::{Killer, Place, id};

#[task]
fn facts(ctx: &TaskContext) -> (String, String, u32) {
    assert!(format!("{ctx:?}").contains("attempt: 1"));
    (ctx.run_id().to_string(), ctx.atom(), ctx.attempt())
}

flow! { struct Inside {} -> (String, String, u32) linear[facts as told] }
flow! { struct Facts {} -> (String, String, u32) linear[Inside as deep] }

#[test]
fn a_task_knows_its_run_and_its_place() {
    let (run, atom, attempt) = Facts {}.id("x").run(&Serial, &Logbook::memory()).unwrap();
    assert_eq!(
        (run.as_str(), atom.as_str(), attempt),
        ("x", "deep/told", 1)
    );
    // Without a logbook a run has an id as well, a new one each time.
    let ids = [(); 2].map(|()| Facts {}.call(&Serial).unwrap().0);
    assert_ne!(ids[0], ids[1]);
    assert!(ids[0].len() > 16);
}

#[task(revert = uncharge(killer, ctx, outcome), on_unknown = revert)]
fn charge(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.note(format!("run {}", ctx.idempotency_key()));
    killer.pass(ctx, "");
    1
}

fn uncharge(killer: &Killer, ctx: &TaskContext, outcome: Outcome<'_, u32>) {
    let _ = outcome;
    killer.note(format!("revert {}", ctx.idempotency_key()));
    killer.pass(ctx, "<");
}

#[task(revert = unhold(killer, ctx))]
fn hold(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.note(format!("run {}", ctx.idempotency_key()));
    killer.pass(ctx, "");
    1
}

fn unhold(killer: &Killer, ctx: &TaskContext) {
    killer.note(format!("revert {}", ctx.idempotency_key()));
    killer.pass(ctx, "<");
}

#[task]
fn fail(killer: &Killer, ctx: &TaskContext) -> Result<(), String> {
    killer.pass(ctx, "");
    Err("no".to_owned())
}

flow! { struct Holds { #[resource] killer: Killer } linear[hold, fail] }
flow! { struct Charges { #[resource] killer: Killer } linear[charge, hold, fail] }

/// The keys that were noted with that word, in order.
fn keys(effects: &[String], word: &str) -> Vec<String> {
    let keys = effects.iter().filter_map(|effect| {
        let (first, key) = effect.split_once(' ')?;
        (first == word).then(|| key.to_owned())
    });
    keys.collect()
}

#[test]
fn a_key_is_equal_over_attempts_and_crashes() {
    let place = Place::new();
    let killer = place.killer("hold");
    failed(Holds { killer }.id("x").run(&Serial, &place.book()));
    let first = keys(&place.journal.take(), "run");
    let book = place.killed();
    let killer = place.harmless();
    failed(Holds { killer }.id("x").run(&Serial, &book));
    let effects = place.journal.take();
    assert_eq!(keys(&effects, "run"), first);
    let undone = keys(&effects, "revert");
    assert_eq!(undone.len(), 1);
    assert_ne!(undone, first);
    assert!(first[0].len() == 64 && first[0].bytes().all(|digit| digit.is_ascii_hexdigit()));
}

#[test]
fn the_key_of_a_revert_is_equal_over_crashes() {
    let place = Place::new();
    let killer = place.killer("hold<");
    failed(Holds { killer }.id("x").run(&Serial, &place.book()));
    let first = keys(&place.journal.take(), "revert");
    let book = place.killed();
    let killer = place.harmless();
    failed(Holds { killer }.id("x").run(&Serial, &book));
    assert_eq!(keys(&place.journal.take(), "revert"), first);
}

#[test]
fn a_key_is_new_after_a_revert_and_other_for_every_effect() {
    let place = Place::new();
    let killer = place.killer("charge");
    failed(Charges { killer }.id("x").run(&Serial, &place.book()));
    let before = place.journal.take();
    let book = place.killed();
    let killer = place.harmless();
    // `charge` is undone as unknown, runs again, and is undone with the rest.
    failed(Charges { killer }.id("x").run(&Serial, &book));
    let after = place.journal.take();
    assert_eq!(
        (keys(&after, "run").len(), keys(&after, "revert").len()),
        (2, 3)
    );
    assert_ne!(keys(&before, "run")[0], keys(&after, "run")[0]);
    // The first revert of `charge` has one key, whichever life of the process it happens in.
    assert_eq!(keys(&before, "revert")[1], keys(&after, "revert")[0]);
    let mut all = keys(&after, "run");
    all.extend(keys(&after, "revert"));
    all.push(keys(&before, "run")[0].clone());
    // Another run has other keys.
    let killer = place.harmless();
    failed(Charges { killer }.id("y").run(&Serial, &book));
    let other = place.journal.take();
    all.extend(keys(&other, "run"));
    all.extend(keys(&other, "revert"));
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[task]
fn fails_beside(both: &Barrier) -> Result<(), String> {
    both.wait();
    Err("no".to_owned())
}

#[task]
fn patient(both: &Barrier, ctx: &TaskContext, journal: &Journal) -> bool {
    both.wait();
    let end = Instant::now() + Duration::from_secs(20);
    while !ctx.is_stopping() && Instant::now() < end {
        std::thread::yield_now();
    }
    journal.note(format!("stopping {}", ctx.is_stopping()));
    ctx.is_stopping()
}

flow! {
    struct Stops { #[resource] both: Arc<Barrier>, #[resource] journal: Journal } -> patient: bool
    unordered[fails_beside, patient]
}

#[test]
fn a_task_sees_that_its_sibling_failed() {
    let journal = Journal::default();
    let flow = Stops {
        both: Arc::new(Barrier::new(2)),
        journal: journal.clone(),
    };
    let failed = failed(flow.call(&Parallel::with_threads(2).unwrap()));
    assert_eq!(journal.take(), ["stopping true"]);
    assert_eq!(failed.undone(), &Undone::Kept);
}

#[task]
fn attempt(ctx: &TaskContext, broken: &Mutex<u32>) -> Result<u32, String> {
    let mut left = broken.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return Err(format!("attempt {}", ctx.attempt()));
    }
    Ok(ctx.attempt())
}

flow! { struct Attempts { #[resource] broken: Arc<Mutex<u32>> } -> u32 linear[attempt] }

#[test]
fn attempts_are_counted_over_reruns() {
    let book = Logbook::memory();
    let broken = Arc::new(Mutex::new(2));
    let resources = AttemptsResources {
        broken: broken.clone(),
    };
    let handle = Attempts { broken }.id("x").start(&Serial, &book).unwrap();
    assert_eq!(
        failed(handle.wait()).failures()[0].failure.message(),
        "attempt 1"
    );
    assert_eq!(
        failed(handle.rerun()).failures()[0].failure.message(),
        "attempt 2"
    );
    let handle = Attempts::resume(&id("x"), resources, &Serial, &book).unwrap();
    assert_eq!(handle.rerun().unwrap(), 3);
    // It has succeeded, and there is nothing to go on with.
    assert_eq!(handle.rerun().unwrap(), 3);
}

#[task(revert = undo_walk(journal, ctx))]
fn walk(journal: &Journal, ctx: &TaskContext) -> Result<(), CheckpointError> {
    ctx.checkpoint(&7_u32)?;
    journal.note("walk");
    Ok(())
}

fn undo_walk(journal: &Journal, ctx: &TaskContext) -> Result<(), CheckpointError> {
    journal.note(format!("undo walk {:?}", ctx.restored::<u32>()?));
    Ok(())
}

#[task]
fn stumble() -> Result<(), String> {
    Err("no".to_owned())
}

flow! { struct Walks { #[resource] journal: Journal } linear[walk, stumble] }

#[test]
fn what_a_task_said_of_its_way_is_gone_when_it_is_done() {
    everywhere!(|journal| Walks { journal }, |seen| {
        assert_eq!(failed(seen.result).undone(), &Undone::All);
        assert_eq!(seen.effects, ["walk", "undo walk None"]);
    });
}
