//! What is tried with a flow, and whether what comes of it is what the reference says.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use taskflow::{AnyEngine, Durability, Logbook, Parallel, RunError, RunState, Serial, Undone};
use tests::model::{Effect, Script, World};

use crate::reference::{End, Model};
use crate::{CASES, Ran, Wish, drive, id};

/// Where a run is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    Memory,
    /// In a folder, which is opened anew before the run is taken up again.
    Folder,
}

/// What is tried with which flow.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    pub(crate) case: usize,
    inputs: [u64; 2],
    /// For each task whether it fails (1) or panics (2).
    fates: Vec<u8>,
    /// For each task whether its revert fails.
    sticks: Vec<bool>,
    /// Whether reverts fail again after the failure was repaired.
    sticks_again: bool,
    place: Place,
    parallel: [bool; 2],
    /// Whether a run that failed is reverted by hand, or taken up.
    by_hand: bool,
    /// The effect during which the process is killed, if the engine is serial and the logbook in a
    /// folder.
    kill: usize,
}

pub(crate) fn trial() -> impl Strategy<Value = Trial> {
    let place = prop_oneof![
        2 => Just(Place::Nowhere),
        4 => Just(Place::Memory),
        3 => Just(Place::Folder),
    ];
    let fate = prop_oneof![8 => Just(0_u8), 2 => Just(1), 1 => Just(2)];
    (
        (0..CASES.len(), any::<[u64; 2]>()),
        prop::collection::vec(fate, 8),
        prop::collection::vec(prop::bool::weighted(0.2), 8),
        (any::<bool>(), place, any::<[bool; 2]>(), any::<bool>()),
        1_usize..10,
    )
        .prop_map(
            |((case, inputs), fates, sticks, (sticks_again, place, parallel, by_hand), kill)| {
                Trial {
                    case,
                    inputs,
                    fates,
                    sticks,
                    sticks_again,
                    place,
                    parallel,
                    by_hand,
                    kill,
                }
            },
        )
}

impl Trial {
    pub(crate) fn script(&self) -> Script {
        let chosen = |wanted: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
            let tasks = CASES[self.case].tasks.iter().enumerate();
            tasks
                .filter(|&(at, _)| wanted(at))
                .map(|(_, task)| task.path.to_owned())
                .collect()
        };
        Script {
            fail: chosen(&|at| self.fates[at] == 1),
            panic: chosen(&|at| self.fates[at] == 2),
            stick: chosen(&|at| self.sticks[at]),
            ..Script::default()
        }
    }

    fn repaired(&self, script: &Script) -> Script {
        Script {
            stick: if self.sticks_again {
                script.stick.clone()
            } else {
                BTreeSet::new()
            },
            ..Script::default()
        }
    }

    fn engine(&self, phase: usize) -> &'static AnyEngine {
        static SERIAL: AnyEngine = AnyEngine::Serial(Serial);
        static PARALLEL: LazyLock<AnyEngine> =
            LazyLock::new(|| AnyEngine::Parallel(Parallel::with_threads(2).expect("threads")));
        if self.parallel[phase] {
            &PARALLEL
        } else {
            &SERIAL
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let case = &CASES[self.case];
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (path, copy) = (
            folder.path().join("model.book"),
            folder.path().join("copy.book"),
        );
        let open = |path: &Path| {
            let options = Logbook::options(path);
            options
                .durability(Durability::Os)
                .open()
                .map_err(|error| error.to_string())
        };
        let mut book = match self.place {
            Place::Nowhere => None,
            Place::Memory => Some(Logbook::memory()),
            Place::Folder => Some(open(&path)?),
        };
        let script = self.script();
        let world = World::new(script.clone());
        let mut model = Model::new(case, self.inputs);

        let kills = self.place == Place::Folder && !self.parallel[0];
        if kills {
            world.kill(self.kill, path.clone(), copy.clone());
        }
        let engine = self.engine(0);
        let wish = match &book {
            None => Wish::Call(engine),
            Some(book) => Wish::Run(engine, book),
        };
        let ran = drive(self.case, self.inputs, &world, wish);
        let effects = world.take();
        let end = model.forward(&effects, &script, !self.parallel[0])?;
        compare(&ran, &end, book.as_ref())?;
        if kills && effects.len() >= self.kill {
            let book = open(&copy)?;
            return self
                .check_killed(&effects[..self.kill], &script, &world, &book)
                .map_err(|error| format!("killed: {error}"));
        }
        if self.place == Place::Folder {
            drop(book.take());
            book = Some(open(&path)?);
        }
        let Some(book) = book else {
            return Ok(());
        };

        // The failure is repaired, and the run is taken up by another process.
        let script = self.repaired(&script);
        world.turn(script.clone());
        let engine = self.engine(1);
        let exact = !self.parallel[1];
        model.taken_up();
        let (ran, end) = match (&end, self.by_hand) {
            (End::Succeeded(_) | End::Reverted { .. }, _) => {
                let ran = drive(self.case, self.inputs, &world, Wish::Run(engine, &book));
                (ran, model.attached(&world.take(), end, exact)?)
            }
            (End::Kept { .. } | End::Partly { stuck: false, .. }, false) => {
                let ran = drive(self.case, self.inputs, &world, Wish::Rerun(engine, &book));
                (ran, model.forward(&world.take(), &script, exact)?)
            }
            (End::Partly { stuck: true, .. }, false) => {
                let ran = drive(self.case, self.inputs, &world, Wish::Rerun(engine, &book));
                (ran, model.undo_later(&world.take(), &script, exact, true)?)
            }
            (End::Kept { .. } | End::Partly { .. }, true) => {
                let ran = drive(self.case, self.inputs, &world, Wish::Revert(engine, &book));
                let end = model.undo_later(&world.take(), &script, exact, true)?;
                // That it is undone is what was asked for.
                let end = match end {
                    End::Reverted { .. } => End::AsAsked,
                    end => end,
                };
                (ran, end)
            }
            (End::AsAsked, _) => unreachable!("nothing was asked for yet"),
        };
        compare(&ran, &end, Some(&book)).map_err(|error| format!("taken up: {error}"))
    }

    /// The process was killed while the last of the effects was under way, and another one takes
    /// the run up. What failed fails again.
    fn check_killed(
        &self,
        effects: &[Effect],
        script: &Script,
        world: &World,
        book: &Logbook,
    ) -> Result<(), String> {
        let mut model = Model::killed(&CASES[self.case], self.inputs, effects, script)?;
        let ran = drive(
            self.case,
            self.inputs,
            world,
            Wish::Run(self.engine(0), book),
        );
        let end = match effects.last() {
            Some(Effect::Undid(..)) => model.undo_later(&world.take(), script, true, false)?,
            _ => model.forward(&world.take(), script, true)?,
        };
        compare(&ran, &end, Some(book))
    }
}

/// Whether a run ended as the reference says.
fn compare(ran: &Ran, wanted: &End, book: Option<&Logbook>) -> Result<(), String> {
    let (seen, state) = match ran {
        Ok(Some(value)) => (End::Succeeded(*value), RunState::Succeeded),
        Ok(None) => (End::AsAsked, RunState::Reverted),
        Err(RunError::Failed(failed)) => {
            let failures = failed
                .failures()
                .iter()
                .map(|failure| (failure.task.clone(), failure.failure.to_string()))
                .collect();
            match failed.undone() {
                Undone::All => (End::Reverted { failures }, RunState::Reverted),
                Undone::Kept => (End::Kept { failures }, RunState::Failed),
                Undone::Partly(left) => {
                    let left: Vec<_> = left
                        .iter()
                        .map(|left| {
                            let why = left.failure.as_ref().map(ToString::to_string);
                            (left.task.clone(), why)
                        })
                        .collect();
                    let stuck = left.iter().any(|(_, why)| why.is_some());
                    let state = if stuck {
                        RunState::RevertFailed
                    } else {
                        RunState::Failed
                    };
                    (
                        End::Partly {
                            failures,
                            left,
                            stuck,
                        },
                        state,
                    )
                }
                other => return Err(format!("nobody expects {other:?}")),
            }
        }
        Err(other) => return Err(format!("nobody expects {other:?}: {other}")),
    };
    if seen != *wanted {
        return Err(format!("it ended as {seen:?}, not as {wanted:?}"));
    }
    if let Some(book) = book {
        let summary = book.run_summary(&id()).map_err(|error| error.to_string())?;
        let recorded = summary.ok_or("the run is not recorded")?.state;
        if recorded != state {
            return Err(format!("it is recorded as {recorded}, not as {state}"));
        }
    }
    Ok(())
}
