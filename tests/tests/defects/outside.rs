//! What goes wrong around a task, in what the flow itself calls, is a failure like any other: what
//! was done is undone.

use serde::{Deserialize, Serialize, Serializer};
use taskflow::{RunState, TaskContext, Undone, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed};

/// Panics wherever it is looked at.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Mine;

impl Mine {
    fn explode(&self) -> bool {
        let Self = self;
        panic!("the mine goes off")
    }
}

impl Clone for Mine {
    fn clone(&self) -> Self {
        self.explode();
        Self
    }
}

#[task]
fn lay() -> Mine {
    Mine
}

#[task]
// That it takes the value is what panics.
#[allow(clippy::needless_pass_by_value)]
fn step_on(lay: Mine) {
    let Mine = lay;
}

/// Cannot be stored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Loose;

impl Serialize for Loose {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("it cannot be held")
    }
}

#[task(revert = bind(journal, ctx, loosen))]
fn loosen(journal: &Journal, ctx: &TaskContext) -> Loose {
    journal.note(format!("{}+", ctx.atom()));
    Loose
}

fn bind(journal: &Journal, ctx: &TaskContext, _loosen: &Loose) {
    journal.note(format!("{}<", ctx.atom()));
}

#[derive(Debug)]
struct Rude;

impl Rude {
    fn is_worth_it(&self) -> bool {
        let Self = self;
        panic!("do not ask")
    }
}

impl std::fmt::Display for Rude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rude")
    }
}

#[task]
fn offend() -> Result<(), Rude> {
    Err(Rude)
}

flow! {
    struct Guarded { #[resource] journal: Journal }
    linear[provide as p, lay, match lay { mine if mine.explode() => [], _ => provide as q }]
}
flow! { struct Cloned { #[resource] journal: Journal } linear[provide as p, lay, step_on] }
flow! {
    struct Asked { #[resource] journal: Journal }
    linear[provide as p, retry(times = 2, if = Rude::is_worth_it)[offend]]
}
flow! {
    struct Empty { none: Vec<i64>, #[resource] journal: Journal }
    linear[provide as p, retry(x in none)[inc(value = x)]]
}
flow! {
    struct Stored { #[resource] journal: Journal }
    linear[provide as p, loosen as q, provide as never]
}

macro_rules! undone {
    ($($flow:ident { $($field:ident: $value:expr),* })*) => {$(
        everywhere!(|journal| $flow { $($field: $value,)* journal }, |seen| {
            assert_eq!(seen.effects, ["p+", "p<"], stringify!($flow));
            assert_eq!(failed(seen.result).undone(), &Undone::All);
            assert!(seen.state.is_none_or(|state| state == RunState::Reverted));
        });
    )*};
}

#[test]
fn what_goes_wrong_around_a_task_is_undone() {
    undone! {
        Guarded {}
        Cloned {}
        Asked {}
        Empty { none: Vec::new() }
    }
}

#[test]
fn a_result_whose_storing_panics_is_undone() {
    everywhere!(|journal| Stored { journal }, |seen| {
        let Some(state) = seen.state else {
            assert_eq!(seen.effects, ["p+", "q+", "never+"]);
            continue;
        };
        assert_eq!(seen.effects, ["p+", "q+", "q<", "p<"]);
        assert_eq!(failed(seen.result).undone(), &Undone::All);
        assert_eq!(state, RunState::Reverted);
    });
}
