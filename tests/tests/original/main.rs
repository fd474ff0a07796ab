//! Patterns, values, choices and suspension: the scenarios of the original's `test_engines` and
//! `test_suspend`, on every engine. `SCENARIOS.md` says which test keeps which scenario.
#![allow(missing_docs)]

mod choices;
mod patterns;
mod suspended;
mod values;

use taskflow::{TaskContext, task};
use tests::Journal;

/// `Inc`, which says that it ran and is undone.
#[task(revert = undo_step(journal, ctx))]
pub(crate) fn step(value: i64, journal: &Journal, ctx: &TaskContext) -> i64 {
    journal.note(format!("{}+", ctx.atom()));
    value + 1
}

fn undo_step(journal: &Journal, ctx: &TaskContext) {
    journal.note(format!("{}<", ctx.atom()));
}
