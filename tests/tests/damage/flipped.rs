//! A real book that is cut at every byte, and one whose every byte is changed.
//!
//! `TASKFLOW_FLIPS=8` flips every bit of each byte; three of them, which change from byte to byte,
//! unless it does.

use std::collections::HashMap;
use std::env;

use taskflow::{Logbook, LogbookError, RunId, RunState};
use tests::crash::{Ends, Promise, World, case, done_and_due, settle};

use super::file::{BEGIN, END, Frame, SAMPLE, ends, sample, write};
use super::{open, serial};

/// What the undisturbed book says, and where.
struct Sample {
    frames: Vec<Frame>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    states: HashMap<&'static str, RunState>,
}

impl Sample {
    fn new() -> Sample {
        let frames = sample();
        let bytes = write(&frames);
        let book = open(&bytes).unwrap();
        assert_eq!(book.torn(), None);
        Sample {
            ends: ends(&frames),
            states: SAMPLE
                .into_iter()
                .map(|name| (name, state(&book, name)))
                .collect(),
            frames,
            bytes,
        }
    }

    /// Every run goes on from what the first `upto` bytes say, and nothing of that is lost.
    fn check(&self, book: &Logbook, upto: usize, what: &str) {
        let whole = |kind: u8, run: usize| {
            let mut frames = self.frames.iter().zip(&self.ends[1..]);
            frames
                .any(|(frame, &end)| end <= upto && frame.kind == kind && frame.run as usize == run)
        };
        for (run, name) in (1..).zip(SAMPLE) {
            let id = RunId::try_from(name).unwrap();
            let is_there = book.run_summary(&id).unwrap().is_some();
            assert_eq!(is_there, whole(BEGIN, run), "{what}: {name}");
            if whole(END, run) && self.states[name] != RunState::Waiting {
                let state = state(book, name);
                assert!(
                    state == self.states[name] || name == "policies",
                    "{what}: {name} is {state}"
                );
            }
            go_on(book, name, &id, what);
        }
    }
}

fn state(book: &Logbook, name: &str) -> RunState {
    let id = RunId::try_from(name).unwrap();
    book.run_summary(&id).unwrap().unwrap().state
}

/// Brings a run to its end: what the book has as done does not run again, and all else does.
fn go_on(book: &Logbook, name: &str, id: &RunId, what: &str) {
    let case = case(name);
    let done = done_and_due(name, id, &[], &serial(), book).map_or_else(|_| vec![], |done| done.0);
    let world = World::in_memory();
    let settled = settle(name, name, &serial(), book, &world)
        .unwrap_or_else(|error| panic!("{what}: {name}: {error}"));
    assert_eq!(settled.ends, case.ends, "{what}: {name}");
    if let Ends::Succeeded(_) = case.ends {
        let effects = world.effects().unwrap();
        for &(task, promise) in case.promises {
            // What is not stored runs where its value is needed, and only there.
            if promise == Promise::Done && task != "connect" {
                let ran = effects.iter().filter(|(_, path, _)| path == task).count();
                let expected = usize::from(!done.iter().any(|done| done == task));
                assert_eq!(ran, expected, "{what}: {name}: `{task}`");
            }
        }
    }
}

#[test]
fn every_prefix_goes_on() {
    let sample = Sample::new();
    for cut in 0..=sample.bytes.len() {
        let what = format!("cut at {cut}");
        let book = open(&sample.bytes[..cut]).unwrap_or_else(|error| panic!("{what}: {error}"));
        let is_whole = cut == 0 || sample.ends.contains(&cut);
        assert_eq!(book.torn().is_none(), is_whole, "{what}");
        sample.check(&book, cut, &what);
    }
}

#[test]
fn every_changed_byte_is_reported() {
    let sample = Sample::new();
    let flips = env::var("TASKFLOW_FLIPS").map_or(3, |flips| flips.parse().unwrap());
    let (mut damaged, mut torn) = (0, 0);
    for at in 0..sample.bytes.len() {
        for flip in 0..flips {
            let bit = (at + flip * 3) % 8;
            let what = format!("bit {bit} of byte {at} is flipped");
            let mut bytes = sample.bytes.clone();
            bytes[at] ^= 1 << bit;
            match open(&bytes) {
                Ok(book) => {
                    let end = book
                        .torn()
                        .unwrap_or_else(|| panic!("{what}, and nobody says so"));
                    let end = usize::try_from(end.offset).unwrap();
                    assert!(end <= at, "{what}: torn at {end}");
                    sample.check(&book, end, &what);
                    torn += 1;
                }
                Err(error @ LogbookError::Damaged { .. }) => {
                    let LogbookError::Damaged { file, offset, .. } = &error else {
                        unreachable!("it was matched");
                    };
                    assert!(usize::try_from(*offset).unwrap() <= at, "{what}: {error}");
                    let text = error.to_string();
                    assert!(text.contains(file.to_str().unwrap()), "{what}: {error}");
                    assert!(text.contains(&format!("byte {offset}")), "{what}: {error}");
                    damaged += 1;
                }
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }
    // Only the last record can look as if a crash had cut it off.
    assert!(damaged > 20 * torn, "{damaged} damaged, {torn} torn");
}
