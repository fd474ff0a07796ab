//! Brings a machine to where the records of a run left it.

use super::values::{Stored, Values};
use super::{End, Failures};
use crate::failure::Failure;
use crate::logbook::{self, Batch, Entry, History, Kind, Logbook, LogbookError, Payload, RunState};
use crate::machine::{Answer, Decision, Ended, Event, Machine, Request};
use crate::plan::{OnFailure, Plan};

/// A run as its records tell it.
pub(crate) struct Replayed {
    pub(crate) machine: Machine,
    pub(crate) failures: Failures,
    pub(crate) values: Values,
    /// Records of events that were applied since.
    pub(crate) batch: Batch,
}

impl Replayed {
    /// Applies an event and notes its record.
    pub(crate) fn apply(&mut self, event: Event, kind: Kind, atom: u32, payload: &[u8]) -> bool {
        let legal = self.machine.on(event).is_ok();
        if legal {
            self.batch.push(kind, atom, payload);
        }
        legal
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
    let mut machine = Machine::new(plan, on_failure);
    let mut failures = Failures::default();
    let mut stored = vec![None; plan.len() as usize];
    for (number, entry) in history.entries.iter().enumerate() {
        // The first record of a run is the one that begins it.
        let refused = || contradiction(number + 2, describe(plan, entry));
        let event = event(entry).ok_or_else(refused)?;
        machine.on(event).map_err(|_| refused())?;
        note(entry, event, &mut failures, &mut stored)?;
    }
    for atom in plan.task_atoms() {
        if plan.atom(atom).policy.transient {
            stored[atom as usize] = None;
        }
    }
    let failed = (0..plan.len())
        .map(|atom| machine.ended(atom) == Ended::Failed)
        .collect();
    let values = Values::new(book.clone(), stored, failed);
    Ok(Replayed {
        machine,
        failures,
        values,
        batch: Batch::default(),
    })
}

/// What a record says, in words.
fn describe(plan: &Plan, entry: &Entry) -> String {
    let kind = entry.kind;
    match kind {
        Kind::Plan | Kind::Begin | Kind::Resume | Kind::End => format!("{kind:?}"),
        _ if entry.atom < plan.len() => format!("{kind:?} of `{}`", plan.path(entry.atom)),
        _ => format!(
            "{kind:?} of task {}, which the flow does not have",
            entry.atom
        ),
    }
}

/// What a record says; nothing if its payload is not one of ours.
fn event(entry: &Entry) -> Option<Event> {
    let atom = entry.atom;
    let bytes: &[u8] = match &entry.payload {
        Payload::Read(bytes) => bytes,
        Payload::At(_) => &[],
    };
    Some(match entry.kind {
        Kind::Plan | Kind::Begin => return None,
        Kind::Resume => Event::Resume,
        Kind::Start => Event::Start(atom),
        Kind::Done => Event::Done(atom),
        Kind::Fail => {
            let failure: Failure = logbook::decode(bytes).ok()?;
            Event::Fail {
                atom,
                effect: failure.leaves_effect(),
            }
        }
        Kind::Release => Event::Release(atom),
        Kind::Decide => Event::Decide(atom, Decision::of(*bytes.first()?)?),
        Kind::Revert => Event::Revert(atom),
        Kind::Reverted => Event::Reverted(atom),
        Kind::RevertFail => Event::RevertFail(atom),
        Kind::Request => Event::Request(Request::of(atom, logbook::split_request(bytes)?.1)?),
        Kind::End => Event::End(End::of(RunState::from_code(*bytes.first()?)?)?),
    })
}

/// Keeps what goes with an event and is not the machine's.
fn note(
    entry: &Entry,
    event: Event,
    failures: &mut Failures,
    stored: &mut [Option<Stored>],
) -> Result<(), LogbookError> {
    match (event, &entry.payload) {
        (Event::Done(atom), Payload::At(position)) => {
            stored[atom as usize] = Some(Stored::At(*position));
        }
        (Event::Done(atom), Payload::Read(bytes)) => {
            stored[atom as usize] = Some(Stored::Here(bytes.clone()));
        }
        (Event::Fail { atom, .. }, Payload::Read(bytes)) => {
            failures.tasks.insert(atom, logbook::decode(bytes)?);
        }
        (Event::RevertFail(atom), Payload::Read(bytes)) => {
            failures.reverts.insert(atom, logbook::decode(bytes)?);
        }
        // It is undone, and what it provided is not to be had any more.
        (Event::Reverted(atom), _) => {
            stored[atom as usize] = None;
            failures.reverts.remove(&atom);
        }
        (Event::Request(Request::Resolve(atom, Answer::Done)), Payload::Read(bytes)) => {
            let (_, request) = logbook::split_request(bytes).unwrap_or_default();
            let value = request.get(2..).unwrap_or_default();
            stored[atom as usize] = Some(Stored::Here(value.to_vec()));
        }
        (Event::Request(Request::Resolve(atom, Answer::Fail)), _) => {
            failures.tasks.insert(atom, Failure::resolved());
        }
        (Event::Request(Request::Rerun), _) => failures.tasks.clear(),
        _ => {}
    }
    Ok(())
}
