//! Random flows with random failures: both engines do what the obvious interpreter in `reference`
//! says, which knows nothing of plans and machines.
//!
//! `build.rs` writes the flows. A case that fails is printed whole: the flow, what went wrong in
//! which task, and what was done about it.
#![allow(missing_docs)]

mod pattern;
mod reference;
mod trial;

use std::sync::Once;

use proptest::prelude::*;
use taskflow::{AnyEngine, Logbook, RunError, RunId};
use tests::model::World;

use pattern::{Case, Item, Kind, Read, Task};
use trial::trial;

include!(concat!(env!("OUT_DIR"), "/flows.rs"));

/// What is to be done with a run.
#[derive(Clone, Copy)]
pub(crate) enum Wish<'w> {
    Call(&'w AnyEngine),
    Run(&'w AnyEngine, &'w Logbook),
    Rerun(&'w AnyEngine, &'w Logbook),
    Revert(&'w AnyEngine, &'w Logbook),
}

/// What a run results in; a revert in nothing.
pub(crate) type Ran = Result<Option<u64>, RunError>;

const RUN: &str = "model";

macro_rules! go {
    ($case:ident::$Flow:ident, $inputs:ident, $world:ident, $wish:ident) => {{
        use $case::{WholeResources, $Flow};
        let [a, in_b] = $inputs;
        let world = $world.clone();
        let resources = WholeResources {
            world: world.clone(),
        };
        let flow = $Flow { a, in_b, world };
        match $wish {
            Wish::Call(engine) => flow.call(engine).map(Some),
            Wish::Run(engine, book) => flow.id(RUN).run(engine, book).map(Some),
            Wish::Rerun(engine, book) => $Flow::resume(&id(), resources, engine, book)?
                .rerun()
                .map(Some),
            Wish::Revert(engine, book) => $Flow::resume(&id(), resources, engine, book)?
                .revert()
                .map(|()| None),
        }
    }};
}
use go;

pub(crate) fn id() -> RunId {
    RUN.parse().expect("an id")
}

/// A panic that the script asks for is no news.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<String>();
            if !text.is_some_and(|text| text.ends_with(" panics")) {
                default(info);
            }
        }));
    });
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_engine_does_what_the_reference_says(trial in trial()) {
        quiet();
        if let Err(error) = trial.check() {
            let case = &CASES[trial.case];
            prop_assert!(
                false,
                "{error}\nflow {}: {}\nkeep: {:?}, output: {}\nscript: {:?}",
                trial.case, case.text, case.keep, case.tasks[case.output].path, trial.script()
            );
        }
    }
}

#[test]
fn the_flows_are_of_every_kind() {
    assert_eq!(CASES.len(), 120);
    let any = |wanted: &dyn Fn(&Case) -> bool| CASES.iter().any(wanted);
    for kind in [
        Kind::Plain,
        Kind::Done,
        Kind::Any,
        Kind::Final,
        Kind::FinalAny,
        Kind::Passing,
    ] {
        assert!(any(&|case| case.tasks.iter().any(|task| task.kind == kind)));
    }
    for keep in [None, Some(true), Some(false)] {
        assert!(any(&|case| case.keep == keep));
    }
    for word in ["linear[", "unordered[", "graph[", " -> ", ") as n"] {
        assert!(any(&|case| case.text.contains(word)), "{word}");
    }
    assert!(any(&|case| case.tasks.len() == 8));
}
