//! Brings a machine to where the records of a run left it.

use std::collections::BTreeMap;

use super::changes::{Places, changes};
use super::values::{Stored, Values};
use super::waits::Opened;
use super::{End, Failures, codes};
use crate::failure::Failure;
use crate::listen::Change;
use crate::logbook::{self, Batch, Entry, History, Kind, Logbook, LogbookError, Payload, RunState};
use crate::machine::{Answer, Decision, Event, Machine, RUN, Request};
use crate::plan::{OnFailure, Plan};

/// A run as its records tell it.
pub(crate) struct Replayed {
    pub(crate) machine: Machine,
    pub(crate) failures: Failures,
    pub(crate) values: Values,
    /// What tasks said last about how far they are.
    pub(crate) checkpoints: BTreeMap<u32, Vec<u8>>,
    /// Since when it waits for what.
    pub(crate) opened: Opened,
    /// Records of events that were applied since.
    pub(crate) batch: Batch,
    /// The places of the atoms that these are about.
    pub(crate) places: Places,
}

impl Replayed {
    /// Applies an event and notes its record.
    pub(crate) fn apply(&mut self, event: Event, kind: Kind, atom: u32, payload: &[u8]) -> bool {
        self.places.keep(&self.machine, atom);
        let legal = self.machine.on(event).is_ok();
        if legal {
            self.batch.push(kind, atom, payload);
        }
        legal
    }

    /// What was applied since, for those who listen.
    pub(crate) fn changes(&self) -> Vec<Change> {
        changes(&self.batch, &self.machine, &self.places)
    }
}

pub(crate) fn on_failure_code(on_failure: OnFailure) -> u8 {
    match on_failure {
        OnFailure::Revert => 0,
        OnFailure::Keep => 1,
    }
}

/// Replays the records of a run over the plan that it follows.
pub(crate) fn replay(
    book: &Logbook,
    plan: &'static Plan,
    history: &History,
) -> Result<Replayed, LogbookError> {
    let contradiction = |record: usize, what: String| LogbookError::Contradiction {
        id: history.begin.id.clone(),
        record,
        what,
    };
    let on_failure = match history.begin.on_failure {
        0 => OnFailure::Revert,
        1 => OnFailure::Keep,
        code => return Err(contradiction(1, format!("`on_failure` is {code}"))),
    };
    let mut machine = Machine::with_memory(plan, on_failure, history.begin.deadline_ms);
    let mut failures = Failures::default();
    let mut checkpoints = BTreeMap::new();
    let mut opened = Opened::default();
    let mut stored = vec![None; plan.len() as usize];
    for (number, entry) in history.entries.iter().enumerate() {
        // It says what follows from the others.
        if entry.kind == Kind::Wait {
            continue;
        }
        // The first record of a run is the one that begins it.
        let bytes: &[u8] = match &entry.payload {
            Payload::Read(bytes) => bytes,
            Payload::At(_) => &[],
        };
        let event = event(entry.kind, entry.atom, bytes);
        let legal = event.and_then(|event| {
            match event {
                Event::Start(atom) => failures.forget(atom),
                // The attempt is not to be seen any more once the event is applied.
                Event::Attempt { atom, .. } => drop(failures.note_attempt(&machine, atom)),
                _ => {}
            }
            // What is gone on with from a failure has not failed any more.
            if event == Event::Request(Request::Rerun) && machine.over() == Some(End::Failed) {
                failures.tasks.clear();
            }
            machine.on(event).ok()
        });
        let (Some(event), Some(())) = (event, legal) else {
            let what = describe(&machine, entry);
            return Err(contradiction(number + 2, what));
        };
        match (event, &entry.payload) {
            (Event::Checkpoint(atom), Payload::Read(bytes)) => {
                checkpoints.insert(atom, bytes.clone());
            }
            (Event::Open { atom, setup, .. }, Payload::Read(bytes)) => {
                if let Ok((_, at)) = codes::decode_setup(bytes) {
                    opened.note(atom, setup, at);
                }
            }
            (Event::Done(atom) | Event::Reverted(atom), _) => {
                checkpoints.remove(&atom);
            }
            _ => {}
        }
        note(entry, event, &machine, &mut failures, &mut stored)?;
    }
    let values = Values::new(book.clone(), stored, &mut machine, &failures);
    Ok(Replayed {
        machine,
        failures,
        values,
        checkpoints,
        opened,
        batch: Batch::default(),
        places: Places::default(),
    })
}

/// What a record says, in words.
fn describe(machine: &Machine, entry: &Entry) -> String {
    let kind = entry.kind;
    match kind {
        Kind::Plan | Kind::Begin | Kind::Resume | Kind::Wait | Kind::End => format!("{kind:?}"),
        _ if entry.atom == RUN => format!("{kind:?} of the run itself"),
        _ if machine.place(entry.atom).is_some() => {
            format!("{kind:?} of `{}`", machine.path(entry.atom))
        }
        _ => format!(
            "{kind:?} of task {}, which the flow does not have",
            entry.atom
        ),
    }
}

/// What a record says; nothing if its payload is not one of ours.
pub(super) fn event(kind: Kind, atom: u32, bytes: &[u8]) -> Option<Event> {
    Some(match kind {
        Kind::Plan | Kind::Begin | Kind::Wait | Kind::Drop | Kind::Seal => return None,
        Kind::Resume => Event::Resume,
        Kind::Start => Event::Start(atom),
        Kind::Done => Event::Done(atom),
        Kind::Fail => {
            let (failure, again): (Failure, Option<u64>) = logbook::decode(bytes).ok()?;
            Event::Fail {
                atom,
                effect: failure.leaves_effect(),
                refused: failure.refused(),
                again,
            }
        }
        Kind::Open => {
            let (setup, at) = codes::decode_setup(bytes).ok()?;
            let until = setup.until(at);
            Event::Open { atom, setup, until }
        }
        Kind::Due => Event::Due(atom),
        // It changes nothing but what the task is given back.
        Kind::Checkpoint => Event::Checkpoint(atom),
        Kind::Attempt => codes::decode_attempt(atom, bytes)?,
        Kind::Release => Event::Release(atom),
        Kind::Decide => Event::Decide(atom, Decision::of(*bytes.first()?)?),
        Kind::Revert => Event::Revert(atom),
        Kind::Reverted => Event::Reverted(atom),
        Kind::RevertFail => {
            let (_, again): (Failure, Option<u64>) = logbook::decode(bytes).ok()?;
            Event::RevertFail { atom, again }
        }
        Kind::Request => Event::Request(Request::of(atom, logbook::split_request(bytes)?.1)?),
        Kind::End => Event::End(End::of(RunState::from_code(*bytes.first()?)?)?),
    })
}

/// Keeps what goes with an event and is not the machine's.
fn note(
    entry: &Entry,
    event: Event,
    machine: &Machine,
    failures: &mut Failures,
    stored: &mut Vec<Option<Stored>>,
) -> Result<(), LogbookError> {
    let mut put = |atom: u32, value: Option<Stored>| {
        let at = atom as usize;
        if at >= stored.len() {
            stored.resize(at + 1, None);
        }
        stored[at] = value;
    };
    match (event, &entry.payload) {
        (Event::Done(atom), payload) => {
            failures.tasks.remove(&atom);
            let is_group = machine.kind(atom).is_some_and(|kind| kind.body().is_some());
            if !is_group {
                put(
                    atom,
                    Some(match payload {
                        Payload::At(at) => Stored::At(*at),
                        Payload::Read(bytes) => Stored::Here(bytes.clone()),
                    }),
                );
            }
        }
        (Event::Due(atom), _) => failures.note_due(machine, atom),
        (Event::Fail { atom, .. }, Payload::Read(bytes)) => {
            let (failure, _): (Failure, Option<u64>) = logbook::decode(bytes)?;
            failures.tasks.insert(atom, failure);
        }
        (Event::RevertFail { atom, .. }, Payload::Read(bytes)) => {
            let (failure, _): (Failure, Option<u64>) = logbook::decode(bytes)?;
            failures.reverts.insert(atom, failure);
        }
        // It is undone, and what it provided is not to be had any more.
        (Event::Reverted(atom), _) => {
            put(atom, None);
            failures.reverts.remove(&atom);
        }
        (
            Event::Request(Request::Resolve(atom, Answer::Done) | Request::Signal(atom)),
            Payload::Read(bytes),
        ) => {
            let (_, request) = logbook::split_request(bytes).unwrap_or_default();
            let value = request.get(2..).unwrap_or_default();
            put(atom, Some(Stored::Here(value.to_vec())));
        }
        (Event::Request(Request::Resolve(atom, Answer::Fail)), _) => {
            failures.tasks.insert(atom, Failure::resolved());
        }
        _ => {}
    }
    Ok(())
}
