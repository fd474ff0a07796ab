//! How a flow ends when nothing disturbs it, what is promised of its tasks, and what a person does
//! for it to come to that end.

use std::borrow::Cow;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use taskflow::{Failed, Resolution, RunError, RunState, StartError, Stopped, Undone};

use super::{Promise, World};

/// The input of every flow.
pub(super) const SEED: u64 = 7;

/// What the tasks provide of which a person is asked.
pub(super) const ANSWER: u64 = SEED + 1 + 100;

/// How often a run is taken up before it counts as one that comes to no end.
pub(super) const PATIENCE: u32 = 20;

/// How long the clerk rests who gives a run what it waits for.
const REST: Duration = Duration::from_micros(500);

/// A flow with what is known of it.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// How it ends.
    pub ends: Ends,
    /// What is promised of each of its tasks once it has ended.
    pub promises: &'static [(&'static str, Promise)],
    /// The signals that it waits for.
    pub signals: &'static [&'static str],
    /// One place in so many is enough where there is little time.
    pub stride: u64,
}

/// Who gives a run what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// A thread of the process that drives it.
    Here,
    /// Another process, by letters.
    ByLetter,
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
    /// A person ended it, and kept what was done.
    Cancelled,
}

/// What became of driving a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// How it ended.
    pub ends: Ends,
    /// How many questions were answered.
    pub asked: usize,
    /// How often it was found to have been suspended by a person.
    pub suspended: usize,
}

/// What is to be done about a run before it can end.
pub(super) enum Next {
    End(Ends),
    Answer(Vec<String>),
    Repair,
    GoOn,
}

pub(super) fn next(result: Result<u64, RunError>) -> Result<Next, RunError> {
    match result {
        Ok(number) => Ok(Next::End(Ends::Succeeded(number))),
        Err(RunError::Stopped(stopped)) => Ok(after_stop(&stopped)),
        Err(RunError::Failed(failed)) => Ok(after_failure(&failed)),
        Err(error) => Err(error),
    }
}

fn after_stop(stopped: &Stopped) -> Next {
    match stopped.state() {
        RunState::Suspended => Next::GoOn,
        RunState::Cancelled => Next::End(Ends::Cancelled),
        _ => Next::Answer(stopped.asked().to_vec()),
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
pub(super) fn answer(world: &World, task: &str) -> Resolution {
    if io_of(world.in_place(task)) {
        Resolution::done_with(&ANSWER)
    } else {
        Resolution::rerun()
    }
}

pub(super) fn repair(world: &World) {
    io_of(world.repair());
}

/// What is given to a run that waits: the number of the attempt, where there are several.
pub(super) fn value(world: &World) -> u64 {
    1 + io_of(world.tries("hold_given"))
}

/// Tells the clerk to go home, however the driver ends.
pub(super) struct Home<'h>(pub(super) &'h AtomicBool);

impl Drop for Home<'_> {
    fn drop(&mut self) {
        // Relaxed: the flag alone matters.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Gives a run what it waits for, once it does and has nothing else to do.
///
/// So nothing that is meant for one attempt gets to the next one: as long as the run waits, the
/// number of the attempt stays what it is.
pub(super) fn give(
    signals: &[&str],
    world: &World,
    home: &AtomicBool,
    waits: impl Fn(&str) -> bool,
    give: impl Fn(&str, u64) -> Result<(), StartError>,
) {
    // Relaxed: the flag alone matters.
    while !home.load(Ordering::Relaxed) {
        for signal in signals.iter().filter(|signal| waits(signal)) {
            match give(signal, value(world)) {
                // Whether the logbook still does is for the driver to find out.
                Ok(()) | Err(StartError::NotNow { .. } | StartError::Book(_)) => {}
                Err(error) => panic!("`{signal}` cannot be given: {error}"),
            }
        }
        thread::sleep(REST);
    }
}

/// The world is part of the test: what it refuses ends the test.
fn io_of<T>(result: io::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("the world cannot be looked at: {error}"))
}
