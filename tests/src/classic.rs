//! The tasks of the classic scenarios: each writes its atom's path into the journal, followed by
//! `+` when it runs and by `<` when it is reverted.

use taskflow::{Outcome, TaskContext, task};

use crate::Journal;

/// `P`: provides 5 and can be reverted.
#[task(revert = unprovide(journal, ctx))]
#[must_use]
pub fn provide(journal: &Journal, ctx: &TaskContext) -> i64 {
    journal.note(format!("{}+", ctx.atom()));
    5
}

/// `F`: fails, and wants to be told when it is undone.
///
/// # Errors
///
/// Always.
#[task(revert = unfail(journal, ctx, outcome))]
pub fn fail(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}+", ctx.atom()));
    Err("Woot!".to_owned())
}

/// Fails and has nothing to undo.
///
/// # Errors
///
/// Always.
#[task]
pub fn fail_plainly(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}+", ctx.atom()));
    Err("Woot!".to_owned())
}

/// `N`: succeeds, and cannot be reverted.
#[task(revert = stay(journal, ctx))]
pub fn nasty(journal: &Journal, ctx: &TaskContext) {
    journal.note(format!("{}+", ctx.atom()));
}

/// `NF`: fails, and cannot be reverted either.
///
/// # Errors
///
/// Always.
#[task(revert = stay_failed(journal, ctx, outcome))]
pub fn nasty_fail(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}+", ctx.atom()));
    Err("Woot!".to_owned())
}

/// `C`: fails unless its two inputs are equal.
///
/// # Errors
///
/// If they differ.
#[task]
pub fn conditional(x: i64, y: i64, journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}+", ctx.atom()));
    if x == y {
        Ok(())
    } else {
        Err("Woot!".to_owned())
    }
}

/// `One`.
#[task]
#[must_use]
pub fn one() -> i64 {
    1
}

/// `Three`.
#[task(provides = (a, b, c))]
#[must_use]
pub fn three() -> (i64, i64, i64) {
    (1, 3, 5)
}

/// `Sum`.
#[task]
#[must_use]
pub fn sum(x: i64, y: i64, z: i64) -> i64 {
    x + y + z
}

/// `Inc`.
#[task]
#[must_use]
pub fn inc(value: i64) -> i64 {
    value + 1
}

fn unprovide(journal: &Journal, ctx: &TaskContext) {
    journal.note(format!("{}<", ctx.atom()));
}

fn unfail(journal: &Journal, ctx: &TaskContext, outcome: Outcome<'_, ()>) {
    let why = match outcome {
        Outcome::Done(()) => "done".to_owned(),
        Outcome::Failed(failure) => failure.to_string(),
        Outcome::Unknown => "unknown".to_owned(),
    };
    journal.note(format!("{}< {why}", ctx.atom()));
}

fn stay(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note(format!("{}<", ctx.atom()));
    Err("Gotcha!".to_owned())
}

fn stay_failed(
    journal: &Journal,
    ctx: &TaskContext,
    outcome: Outcome<'_, ()>,
) -> Result<(), String> {
    unfail(journal, ctx, outcome);
    Err("Gotcha!".to_owned())
}
