//! What follows a failure: the classic scenarios of the original, on every engine, recorded and
//! not. `SCENARIOS.md` says which test keeps which scenario.
#![allow(missing_docs)]

mod chains;
mod groups;

use taskflow::{Failed, RunState, Undone};

/// What a person reads of the failures.
pub(crate) fn said(failed: &Failed) -> Vec<String> {
    let failures = failed.failures().iter();
    failures
        .map(|failure| format!("{}: {}", failure.task, failure.failure))
        .collect()
}

/// What is left in place, and why its revert failed.
pub(crate) fn left(failed: &Failed) -> Vec<String> {
    match failed.undone() {
        Undone::Partly(left) => left
            .iter()
            .map(|left| match &left.failure {
                Some(failure) => format!("{}: {failure}", left.task),
                None => left.task.clone(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether `effects` has `before` and, later, `after`.
pub(crate) fn ordered(effects: &[String], before: &str, after: &str) -> bool {
    let at = |wanted: &str| effects.iter().position(|effect| effect == wanted);
    matches!((at(before), at(after)), (Some(before), Some(after)) if before < after)
}

pub(crate) fn has(effects: &[String], wanted: &str) -> bool {
    effects.iter().any(|effect| effect == wanted)
}

pub(crate) fn recorded(state: Option<RunState>, wanted: RunState) -> bool {
    state.is_none_or(|state| state == wanted)
}
