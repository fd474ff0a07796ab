//! Random flows of groups in groups, with random failures and kills: the engines do what a small
//! interpreter says that calls itself for what is inside, and that imports nothing of the library.
//!
//! `build/groups.rs` writes the flows. A case that fails is printed whole.
#![allow(missing_docs)]

mod reference;
mod trial;

use proptest::prelude::*;
use taskflow::{AnyEngine, Logbook, RunError};
use tests::model::World;

use reference::{Inputs, Kind, Node};
use trial::trial;

include!(concat!(env!("OUT_DIR"), "/groups.rs"));

/// A flow, and the pattern as it was written.
pub(crate) struct Case {
    pub(crate) text: &'static str,
    pub(crate) node: Node,
}

/// Where a run is done.
#[derive(Clone, Copy)]
pub(crate) enum Wish<'w> {
    Call(&'w AnyEngine),
    Run(&'w AnyEngine, &'w Logbook),
}

pub(crate) const RUN: &str = "model";

macro_rules! go {
    ($case:ident, $inputs:ident, $world:ident, $wish:ident) => {{
        let flow = $case::Whole {
            a: $inputs.a,
            flags: $inputs.flags,
            list: $inputs.list.clone(),
            world: $world.clone(),
        };
        match $wish {
            Wish::Call(engine) => flow.call(engine),
            Wish::Run(engine, book) => flow.id(RUN).run(engine, book),
        }
    }};
}
use go;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn groups_do_what_the_reference_says(trial in trial()) {
        if let Err(error) = trial.check() {
            let text = CASES[trial.case].text;
            prop_assert!(false, "{error}\nflow {}: {text}\n{trial:?}", trial.case);
        }
    }
}

#[test]
fn the_flows_have_every_group() {
    let words = [
        "retry(times",
        " in list)[",
        "try[",
        "when(",
        "map(",
        "timeout(",
        "limit(",
        "match ",
        "unordered[",
    ];
    for word in words {
        let count = CASES.iter().filter(|case| case.text.contains(word)).count();
        assert!(count > 5, "{count} flows with `{word}`");
    }
}
