//! Groups that are tried again: the original's scenarios for retry controllers, on every engine,
//! recorded, and killed after every record. `SCENARIOS.md` says which test keeps which scenario.
#![allow(missing_docs)]

mod controlled;
mod given;
mod nested;
mod once;
mod siblings;
mod taken_up;
mod undone;
mod wiring;

use taskflow::{Failed, Outcome, TaskContext, task};
use tests::Journal;

/// `C`, which is reverted itself: fails unless its inputs are equal.
#[task(revert = unpick(journal, ctx, outcome))]
pub(crate) fn pick(x: i64, y: i64, journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}+", ctx.atom()));
    if x == y {
        Ok(())
    } else {
        Err("Woot!".to_owned())
    }
}

fn unpick(journal: &Journal, ctx: &TaskContext, _outcome: Outcome<'_, ()>) {
    journal.note(format!("{}<", ctx.atom()));
}

/// Says what it was given.
#[task(revert = untell(journal, ctx, tell))]
pub(crate) fn tell(x: i64, journal: &Journal, ctx: &TaskContext) -> i64 {
    journal.note(format!("{}={x}", ctx.atom()));
    x
}

// What a task provides is given to its revert as a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn untell(journal: &Journal, ctx: &TaskContext, tell: &i64) {
    journal.note(format!("{}<{tell}", ctx.atom()));
}

/// What a person reads of the failures.
pub(crate) fn said(failed: &Failed) -> Vec<String> {
    let failures = failed.failures().iter();
    failures
        .map(|failure| format!("{}: {}", failure.task, failure.failure))
        .collect()
}
