//! Values that an earlier process recorded, decoded when they are first needed.

use std::sync::OnceLock;

use super::worker::caught;
use super::{Finished, RunError};
use crate::failure::{Failure, FailureKind};
use crate::flow::{Op, Steps};
use crate::logbook::{Logbook, LogbookError, Position};
use crate::plan::{Kind, Plan};

/// Where a value is.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// In the logbook.
    At(Position),
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
    stored: Vec<Option<Stored>>,
    loaded: Vec<OnceLock<Result<(), Trouble>>>,
    /// Tasks that failed in an earlier process.
    failed: Vec<bool>,
}

impl Values {
    pub(crate) fn new(book: Logbook, stored: Vec<Option<Stored>>, failed: Vec<bool>) -> Self {
        let loaded = stored.iter().map(|_| OnceLock::new()).collect();
        Self {
            book,
            stored,
            loaded,
            failed,
        }
    }

    pub(crate) fn had_failed(&self, atom: u32) -> bool {
        self.failed[atom as usize]
    }

    /// Puts what an atom provided into its slot; does nothing where it ran in this process.
    pub(crate) fn load<D: ?Sized + Steps>(
        &self,
        plan: &Plan,
        steps: &D,
        atom: u32,
    ) -> Result<(), Trouble> {
        match plan.atom(atom).kind {
            Kind::Join => plan
                .reads(atom)
                .iter()
                .try_for_each(|&read| self.load(plan, steps, read)),
            _ => match &self.stored[atom as usize] {
                None => Ok(()),
                // Others that need it wait for the first.
                Some(stored) => self.loaded[atom as usize]
                    .get_or_init(|| self.fetch(plan, steps, atom, stored))
                    .clone(),
            },
        }
    }

    fn fetch<D: ?Sized + Steps>(
        &self,
        plan: &Plan,
        steps: &D,
        atom: u32,
        stored: &Stored,
    ) -> Result<(), Trouble> {
        let read;
        let bytes = match stored {
            Stored::Here(bytes) => bytes,
            Stored::At(position) => {
                read = self.book.value(*position).map_err(Trouble::Book)?;
                &read
            }
        };
        caught(|| steps.step(atom, &[], Op::Load(bytes))).map_err(|failure| {
            let (task, why) = (plan.path(atom), failure.message());
            let what = format!("what `{task}` provided cannot be read: {why}");
            Trouble::Failed(Box::new(Failure::of(FailureKind::Lost, what)))
        })
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
            .try_for_each(|&output| values.load(plan, steps, output))
            .map_err(|trouble| match trouble {
                Trouble::Book(error) => RunError::Book(error),
                Trouble::Failed(failure) => RunError::Lost {
                    run: self.facts.id().clone(),
                    failure: *failure,
                },
            })
    }
}
