//! Groups that are tried again: the original's scenarios for retry controllers, on every engine,
//! recorded and killed after every record. `SCENARIOS.md` says which test keeps which scenario.
#![allow(missing_docs)]



mod once;



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

fn unpick(journal: &Journal, ctx: &TaskContext, outcome: Outcome<'_, ()>) {
    let mark = match outcome {
        Outcome::Done(()) => "<",
        Outcome::Failed(_) => "!<",
        Outcome::Unknown => "?<",
    };
    journal.note(format!("{}{mark}", ctx.atom()));
}

/// Says what it was given.
#[task(provides = x, revert = untell(journal, ctx, x))]
pub(crate) fn tell(given: i64, journal: &Journal, ctx: &TaskContext) -> i64 {
    journal.note(format!("{}={given}", ctx.atom()));
    given
}

fn untell(journal: &Journal, ctx: &TaskContext, x: &i64) {
    journal.note(format!("{}<{x}", ctx.atom()));
}

/// What a person reads of the failures.
pub(crate) fn said(failed: &Failed) -> Vec<String> {
    let failures = failed.failures().iter();
    failures
        .map(|failure| format!("{}: {}", failure.task, failure.failure))
        .collect()
}
