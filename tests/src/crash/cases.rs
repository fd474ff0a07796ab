//! The flows by name, how each ends when nothing disturbs it, and what is promised of its tasks.

use std::borrow::Cow;
use std::io;

use taskflow::{AnyEngine, Failed, Flow, Logbook, Resolution, RunError, RunId, StartError, Undone};

use super::World;
use super::flows::{
    Chain, Diamond, Fan, Kept, Nested, NestedUndone, Pinned, Policies, SessionUndone, Sessions,
    Stuck, Undone as UndoneFlow,
};
use Promise::{AtMostOnce, Done, Free, Gone, Once, Redone};

/// The input of every flow.
const SEED: u64 = 7;

/// How often a run is taken up before it counts as one that comes to no end.
const PATIENCE: u32 = 10;

/// A flow with what is known of it.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// How it ends.
    pub ends: Ends,
    /// What is promised of each of its tasks once it has ended.
    pub promises: &'static [(&'static str, Promise)],
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// It results in a number.
    Succeeded(u64),
    /// It failed, and nothing is in place.
    Reverted,
    /// It failed, and these tasks are in place.
    Left(Cow<'static, str>),
}

/// What is promised of a task once its run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It happened at least once, and exactly once for who looks at the key.
    Done,
    /// It happened at most once.
    AtMostOnce,
    /// It happened exactly once.
    Once,
    /// It is in place, and each time before that was taken back first.
    Redone,
    /// It is not in place.
    Gone,
    /// It failed, so nothing is promised of it.
    Free,
}

/// What became of driving a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// How it ended.
    pub ends: Ends,
    /// How many questions were answered.
    pub asked: usize,
}

/// What is to be done about a run before it can end.
enum Next {
    End(Ends),
    Answer(Vec<String>),
    Repair,
}

macro_rules! cases {
    ($($name:literal $flow:ident $ends:expr, [$($promise:ident: $($task:literal)+;)*])*) => {
        /// Every case.
        pub const CASES: &[Case] = &[
            $(Case {
                name: $name,
                ends: $ends,
                promises: &[$($(($task, $promise)),+),*],
            }),*
        ];

        /// Starts the run `id`, or takes it up, and drives it to its end: answers what is asked by
        /// looking at the world, and repairs that if something fails for it.
        ///
        /// # Errors
        ///
        /// If the logbook fails.
        ///
        /// # Panics
        ///
        /// If the run comes to no end.
        pub fn settle(
            case: &str,
            id: &str,
            engine: &AnyEngine,
            book: &Logbook,
            world: &World,
        ) -> Result<Settled, RunError> {
            match case {
                $($name => {
                    let flow = $flow { seed: SEED, world: world.clone() };
                    let handle = flow.id(id).start(engine, book)?;
                    let mut result = handle.wait();
                    let mut asked = 0;
                    for _ in 0..PATIENCE {
                        match next(result)? {
                            Next::End(ends) => return Ok(Settled { ends, asked }),
                            Next::Answer(tasks) => {
                                asked += tasks.len();
                                for task in tasks {
                                    handle.resolve(&task, answer(world, &task))?;
                                }
                                result = handle.wait();
                            }
                            Next::Repair => {
                                repair(world);
                                result = handle.rerun();
                            }
                        }
                    }
                    panic!("`{case}` comes to no end: {:?}", handle.wait());
                })*
                _ => panic!("there is no case `{case}`"),
            }
        }

        /// Starts the run `id`, or takes it up, and drives it once: what is asked stays so, and what
        /// fails is not repaired.
        ///
        /// # Errors
        ///
        /// As a run has them.
        ///
        /// # Panics
        ///
        /// If there is no such case.
        pub fn drive(
            case: &str,
            id: &str,
            engine: &AnyEngine,
            book: &Logbook,
            world: &World,
        ) -> Result<u64, RunError> {
            match case {
                $($name => {
                    let flow = $flow { seed: SEED, world: world.clone() };
                    flow.id(id).run(engine, book)
                })*
                _ => panic!("there is no case `{case}`"),
            }
        }

        /// The paths of the tasks that the logbook has as done, and of those that each task in
        /// `started` waits for.
        ///
        /// # Errors
        ///
        /// If the logbook fails, or has no such run.
        pub fn done_and_due(
            case: &str,
            id: &RunId,
            started: &[String],
            engine: &AnyEngine,
            book: &Logbook,
        ) -> Result<(Vec<String>, Vec<String>), StartError> {
            match case {
                $($name => {
                    let due = started.iter().flat_map(|task| $flow::PLAN.before(task)).collect();
                    let (_, resources) = $flow { seed: SEED, world: World::in_memory() }.split();
                    let handle = $flow::resume(id, resources, engine, book)?;
                    Ok((handle.done()?, due))
                })*
                _ => panic!("there is no case `{case}`"),
            }
        }
    };
}

cases! {
    "chain" Chain Ends::Succeeded(85), [Done: "first" "second" "third";]
    "fan" Fan Ends::Succeeded(72), [Done: "first" "left" "middle" "right" "all";]
    "diamond" Diamond Ends::Succeeded(48), [Done: "first" "left" "right" "both";]
    "nested" Nested Ends::Succeeded(96), [
        Done: "first" "inner/first" "inner/second" "inner/third" "last";
    ]
    "undone" UndoneFlow Ends::Reverted, [Gone: "reserve" "charge" "pack"; Free: "doomed";]
    "nested-undone" NestedUndone Ends::Reverted, [
        Gone: "reserve" "charge" "inner/reserve" "inner/charge" "inner/pack";
        Free: "inner/doomed";
    ]
    "sessions" Sessions Ends::Succeeded(210), [Done: "connect" "load" "first" "save";]
    "session-undone" SessionUndone Ends::Reverted, [Done: "connect"; Gone: "create"; Free: "doomed";]
    "pinned" Pinned Ends::Left(Cow::Borrowed("reserve pay")), [Done: "reserve" "pay"; Gone: "after"; Free: "doomed";]
    "policies" Policies Ends::Succeeded(208), [
        Done: "first" "second";
        AtMostOnce: "once";
        Once: "asked";
        Redone: "redone";
    ]
    "stuck" Stuck Ends::Reverted, [Gone: "reserve" "sticky"; Free: "doomed";]
    "kept" Kept Ends::Succeeded(87), [Done: "first" "second" "third" "flaky";]
}

/// The case of this name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn case(name: &str) -> &'static Case {
    let found = CASES.iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("there is no case `{name}`"))
}

fn next(result: Result<u64, RunError>) -> Result<Next, RunError> {
    match result {
        Ok(number) => Ok(Next::End(Ends::Succeeded(number))),
        Err(RunError::Stopped(stopped)) => Ok(Next::Answer(stopped.asked().to_vec())),
        Err(RunError::Failed(failed)) => Ok(after_failure(&failed)),
        Err(error) => Err(error),
    }
}

fn after_failure(failed: &Failed) -> Next {
    match failed.undone() {
        Undone::All => Next::End(Ends::Reverted),
        Undone::Partly(left) if left.iter().all(|left| left.failure.is_none()) => {
            let left: Vec<_> = left.iter().map(|left| &*left.task).collect();
            Next::End(Ends::Left(left.join(" ").into()))
        }
        _ => Next::Repair,
    }
}

/// What a person says who looks at the world.
fn answer(world: &World, task: &str) -> Resolution {
    if io_of(world.in_place(task)) {
        Resolution::done_with(&(SEED + 1 + 100))
    } else {
        Resolution::rerun()
    }
}

fn repair(world: &World) {
    io_of(world.repair());
}

/// The world is part of the test: what it refuses ends the test.
fn io_of<T>(result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("the world cannot be looked at: {error}"))
}
