//! What is tried with a flow, and whether what comes of it is what the reference says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use taskflow::{AnyEngine, Durability, Logbook, Parallel, RunError, Serial, Undone};
use tests::model::{Effect, Script, World};

use crate::reference::{Failure, Inputs, Node, Story, story};
use crate::{CASES, Wish, drive};

/// What is tried with which flow.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    pub(crate) case: usize,
    inputs: Inputs,
    /// How often each task fails, in turn.
    fates: Vec<u32>,
    parallel: bool,
    /// Whether it is recorded, and killed during the effect with this number if there is one.
    kill: Option<usize>,
}

pub(crate) fn trial() -> impl Strategy<Value = Trial> {
    let fate = prop_oneof![10 => Just(0_u32), 2 => Just(1), 1 => Just(2), 1 => Just(9)];
    let inputs = (
        any::<u64>(),
        any::<(bool, bool)>(),
        prop::collection::vec(any::<u64>(), 1..4),
    );
    (
        0..CASES.len(),
        inputs.prop_map(|(a, flags, list)| Inputs { a, flags, list }),
        prop::collection::vec(fate, 16),
        any::<bool>(),
        prop::option::weighted(0.7, 1_usize..24),
    )
        .prop_map(|(case, inputs, fates, parallel, kill)| Trial {
            case,
            inputs,
            fates,
            parallel,
            kill,
        })
}

/// The paths that the tasks of a part have.
fn paths(node: &Node, items: usize, within: &[String], all: &mut Vec<String>) {
    match node {
        Node::Task(name, ..) => all.extend(within.iter().map(|item| format!("{name}{item}"))),
        Node::All(nodes) => nodes
            .iter()
            .for_each(|node| paths(node, items, within, all)),
        Node::Retry(_, inner)
        | Node::RetryEach(_, inner)
        | Node::Try(inner)
        | Node::When(_, inner) => paths(inner, items, within, all),
        Node::Map(_, inner) => {
            let within: Vec<String> = within
                .iter()
                .flat_map(|outer| (0..items).map(move |item| format!("{outer}[{item}]")))
                .collect();
            paths(inner, items, &within, all);
        }
        Node::Match(_, even, odd) => {
            paths(even, items, within, all);
            paths(odd, items, within, all);
        }
    }
}

impl Trial {
    fn first(&self) -> BTreeMap<String, u32> {
        let mut all = Vec::new();
        let items = self.inputs.list.len();
        paths(&CASES[self.case].node, items, &[String::new()], &mut all);
        all.into_iter()
            .zip(self.fates.iter().copied().cycle())
            .collect()
    }

    fn engine(&self) -> &'static AnyEngine {
        static SERIAL: AnyEngine = AnyEngine::Serial(Serial);
        static PARALLEL: LazyLock<AnyEngine> =
            LazyLock::new(|| AnyEngine::Parallel(Parallel::with_threads(2).expect("threads")));
        if self.parallel { &PARALLEL } else { &SERIAL }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let case = &CASES[self.case];
        let first = self.first();
        let wanted = story(&case.node, &self.inputs, &first);
        // Who stands beside whom runs before it or not, and is undone if it ran.
        let aside = case.text.contains("unordered[") || case.text.contains("map(");
        let exact = !(self.parallel && aside);
        if !exact && first.values().any(|times| *times > 0) {
            return Ok(());
        }
        let world = World::new(script(first.clone()));
        let Some(kill) = self.kill else {
            let ran = drive(self.case, &self.inputs, &world, Wish::Call(self.engine()));
            return compare(&ran, &world.take(), &wanted, exact);
        };
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (path, copy) = (folder.path().join("book"), folder.path().join("copy"));
        world.kill(kill, path.clone(), copy.clone());
        let book = open(&path)?;
        let ran = drive(
            self.case,
            &self.inputs,
            &world,
            Wish::Run(self.engine(), &book),
        );
        compare(&ran, &world.take(), &wanted, exact)?;
        if !exact || wanted.effects.len() < kill {
            return Ok(());
        }
        self.go_on(first, &open(&copy)?, &wanted, kill - 1)
            .map_err(|error| format!("killed: {error}"))
    }

    /// The process was killed when so many effects were over and the next one was under way.
    fn go_on(
        &self,
        mut first: BTreeMap<String, u32>,
        book: &Logbook,
        wanted: &Story,
        over: usize,
    ) -> Result<(), String> {
        let (before, after) = wanted.effects.split_at(over);
        for effect in before {
            if let Effect::Ran(path) = effect
                && let Some(left) = first.get_mut(path)
            {
                *left = left.saturating_sub(1);
            }
        }
        let world = World::new(script(first));
        let ran = drive(
            self.case,
            &self.inputs,
            &world,
            Wish::Run(self.engine(), book),
        );
        let wanted = Story {
            effects: after.to_vec(),
            end: wanted.end.clone(),
        };
        compare(&ran, &world.take(), &wanted, true)
    }
}

fn script(first: BTreeMap<String, u32>) -> Script {
    Script {
        first,
        ..Script::default()
    }
}

fn open(path: &Path) -> Result<Logbook, String> {
    let options = Logbook::options(path);
    let book = options.durability(Durability::Os).open();
    book.map_err(|error| error.to_string())
}

/// Whether a run did what the reference says.
fn compare(
    ran: &Result<u64, RunError>,
    effects: &[Effect],
    wanted: &Story,
    exact: bool,
) -> Result<(), String> {
    let end: Result<u64, Vec<Failure>> = match ran {
        Ok(value) => Ok(*value),
        Err(RunError::Failed(failed)) if *failed.undone() == Undone::All => {
            let failures = failed.failures().iter();
            let failure = |failure: &taskflow::TaskFailure| {
                (failure.task.clone(), failure.failure.to_string())
            };
            Err(failures.map(failure).collect())
        }
        Err(other) => return Err(format!("nobody expects {other:?}: {other}")),
    };
    let wanted_end = wanted.end.clone().map_err(|failure| vec![failure]);
    if end != wanted_end {
        return Err(format!(
            "it ended as {end:?}, not as {wanted_end:?}; it did {effects:?}"
        ));
    }
    let (mut seen, mut expected) = (effects.to_vec(), wanted.effects.clone());
    if !exact {
        seen.sort_by_key(|effect| format!("{effect:?}"));
        expected.sort_by_key(|effect| format!("{effect:?}"));
    }
    if seen != expected {
        return Err(format!("it did {seen:?}, not {expected:?}"));
    }
    Ok(())
}
