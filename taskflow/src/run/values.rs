//! Values that an earlier process recorded, decoded when they are first needed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::worker::caught;
use super::{Failures, Finished, RunError};
use crate::failure::{Failure, FailureKind};
use crate::flow::{Closing, Op, Steps};
use crate::logbook::{Logbook, LogbookError, ValueAt};
use crate::machine::{Ended, Machine, Opened, Place, State};
use crate::plan::{Group, Kind};

/// Where a value is.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// In the logbook.
    At(ValueAt),
    /// It came with a person's answer.
    Here(Vec<u8>),
}

/// Why a task or a revert did not come to a good end, or a value cannot be had for it.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The logbook cannot be read: that says nothing about the task.
    Book(LogbookError),
    /// The task, or its revert, counts as failed.
    Failed(Box<Failure>),
}

impl From<Box<Failure>> for Trouble {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

/// The values of a run that was taken up.
pub(crate) struct Values {
    book: Logbook,
    /// By the number of the atom.
    stored: Vec<Option<Stored>>,
    loaded: Vec<OnceLock<Result<(), Trouble>>>,
    /// Tasks that failed in an earlier process.
    failed: Vec<bool>,
    /// The groups that had begun, by the number of their atom.
    groups: BTreeMap<u32, Known>,
}

/// A group that had begun in an earlier process.
struct Known {
    opened: Opened,
    /// Why bodies failed that may.
    failures: BTreeMap<u32, Failure>,
    closed: OnceLock<Result<(), Trouble>>,
}

impl Values {
    pub(crate) fn new(
        book: Logbook,
        stored: Vec<Option<Stored>>,
        machine: &mut Machine,
        failures: &Failures,
    ) -> Self {
        let loaded = stored.iter().map(|_| OnceLock::new()).collect();
        let numbers = 0..u32::try_from(stored.len()).unwrap_or(u32::MAX);
        let failed = numbers
            .map(|atom| machine.ended(atom) == Ended::Failed)
            .collect();
        let known = |opened: Opened| {
            let failure =
                |(&body, cause): (&u32, &u32)| Some((body, failures.tasks.get(cause)?.clone()));
            let known = Known {
                failures: opened.lost.iter().filter_map(failure).collect(),
                closed: OnceLock::new(),
                opened,
            };
            (known.opened.number, known)
        };
        let groups = machine.take_opened().into_iter().map(known).collect();
        let mut values = Self {
            book,
            stored,
            loaded,
            failed,
            groups,
        };
        values.drop_stale(machine);
        values
    }

    /// Drops what is not the value of a task as things stand: that of a transient task, which has
    /// none, and that of a task which has not run again since its part of the flow began anew.
    pub(crate) fn drop_stale(&mut self, machine: &Machine) {
        for (atom, stored) in (0..).zip(&mut self.stored) {
            // Of items that are over, the machine may know nothing any more.
            let is_known = machine.kind(atom).is_some();
            let has_value = match machine.state(atom) {
                State::Done | State::Reverting | State::Unreverted | State::RevertFailed => {
                    !machine.is_transient(atom)
                }
                _ => false,
            };
            if is_known && !has_value {
                *stored = None;
            }
        }
    }

    pub(crate) fn had_failed(&self, atom: u32) -> bool {
        self.failed.get(atom as usize).copied().unwrap_or(false)
    }

    /// Puts what an atom reads into the slots: of its own level, and of those around it.
    pub(crate) fn load_reads<D: ?Sized + Steps>(
        &self,
        steps: &D,
        place: &Place,
    ) -> Result<(), Trouble> {
        for (level, stand) in place.levels.iter().enumerate() {
            for &read in stand.plan.reads(stand.atom) {
                self.load(steps, &place.beside(level, read))?;
            }
        }
        Ok(())
    }

    /// Puts what an atom provided into its slot; does nothing where it ran in this process.
    pub(crate) fn load<D: ?Sized + Steps>(&self, steps: &D, place: &Place) -> Result<(), Trouble> {
        let (plan, atom) = (place.last().plan, place.last().atom);
        if self.is_anew(place) {
            return Ok(());
        }
        match plan.atom(atom).kind {
            Kind::Join => {
                let level = place.levels.len() - 1;
                plan.reads(atom)
                    .iter()
                    .try_for_each(|&read| self.load(steps, &place.beside(level, read)))
            }
            Kind::Group(..) => self.load_group(steps, place),
            _ => {
                let number = place.number() as usize;
                match self.stored.get(number) {
                    None | Some(None) => Ok(()),
                    // Others that need it wait for the first.
                    Some(Some(stored)) => self.loaded[number]
                        .get_or_init(|| self.fetch(steps, place, stored))
                        .clone(),
                }
            }
        }
    }

    /// Whether a place is in an attempt that has begun in this process: what is known of the atom
    /// is of another one.
    fn is_anew(&self, place: &Place) -> bool {
        place.levels.iter().any(|stand| {
            let attempt = stand.body.filter(|body| !body.is_item);
            let known = self.groups.get(&(stand.first + stand.atom));
            known
                .zip(attempt)
                .is_some_and(|(known, attempt)| known.opened.attempt != attempt.number)
        })
    }

    /// What a group provides that was done in an earlier process.
    fn load_group<D: ?Sized + Steps>(&self, steps: &D, place: &Place) -> Result<(), Trouble> {
        let Some(known) = self.groups.get(&place.number()) else {
            return Ok(());
        };
        if !known.opened.is_done {
            // It has ended in this process, where what a map or a try provides was put together.
            // Of the others one sees what the bodies provide, a part of it perhaps from before.
            return match known.opened.group {
                Group::Map | Group::Try => Ok(()),
                _ => self.load_bodies(steps, place, &known.opened),
            };
        }
        let close = || {
            // What it reads was there when it ended: the items of a map, to begin with.
            self.load_reads(steps, place)?;
            self.load_bodies(steps, place, &known.opened)?;
            let (atom, within) = place.code();
            let close = || steps.step(atom, &within, Op::Close(known));
            caught(close).map(|_| ()).map_err(Trouble::Failed)
        };
        known.closed.get_or_init(close).clone()
    }

    /// What the bodies of a group have provided in an earlier process.
    pub(crate) fn load_bodies<D: ?Sized + Steps>(
        &self,
        steps: &D,
        place: &Place,
        opened: &Opened,
    ) -> Result<(), Trouble> {
        for number in 0..opened.bodies {
            if opened.lost.contains_key(&number) {
                continue;
            }
            let first = opened.first + number * opened.plan.len();
            let body = opened.body(number);
            for &output in opened.plan.outputs {
                let output = place.inside(body, first, opened.plan, output);
                self.load(steps, &output)?;
            }
        }
        Ok(())
    }

    fn fetch<D: ?Sized + Steps>(
        &self,
        steps: &D,
        place: &Place,
        stored: &Stored,
    ) -> Result<(), Trouble> {
        let read;
        let bytes = match stored {
            Stored::Here(bytes) => bytes,
            Stored::At(at) => {
                read = self.book.value(*at).map_err(Trouble::Book)?;
                &read
            }
        };
        let (atom, within) = place.code();
        let loaded = caught(|| steps.step(atom, &within, Op::Load(bytes)));
        loaded.map(|_| ()).map_err(|failure| {
            let (task, why) = (place.path(), failure.message());
            let what = format!("what `{task}` provided cannot be read: {why}");
            Trouble::Failed(Box::new(Failure::of(FailureKind::Lost, what)))
        })
    }
}

impl Closing for Known {
    fn failure(&self, body: u32) -> Option<Failure> {
        let lost = || Failure::new("it failed");
        self.opened
            .lost
            .contains_key(&body)
            .then(|| self.failures.get(&body).cloned().unwrap_or_else(lost))
    }
}

impl Finished {
    /// Puts what the run results in into the slots.
    pub(crate) fn load_output<D: ?Sized + Steps>(&self, steps: &D) -> Result<(), RunError> {
        let Some(values) = &self.values else {
            return Ok(());
        };
        let plan = self.facts.plan;
        plan.outputs
            .iter()
            .try_for_each(|&output| values.load(steps, &Place::in_flow(plan, output)))
            .map_err(|trouble| match trouble {
                Trouble::Book(error) => RunError::Book(error),
                Trouble::Failed(failure) => RunError::Lost {
                    run: self.facts.id().clone(),
                    failure: *failure,
                },
            })
    }
}
