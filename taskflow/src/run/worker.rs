//! One thread's part in a run: calls tasks and reverts, and keeps what became of them until the
//! next exchange.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Run;
use super::values::Trouble;
use crate::failure::{Failure, FailureKind};
use crate::flow::{Op, Step, Steps, Undo};
use crate::logbook::LogbookError;
use crate::machine::{Command, Ended};
use crate::task::{Reverts, TaskContext};

/// Something to do.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) command: Command,
    pub(crate) attempt: u32,
    pub(crate) reverts: u32,
    /// Why the task failed that is to be reverted.
    pub(crate) failure: Option<Box<Failure>>,
    /// A task whose value the revert reads, and that could not be had again.
    pub(crate) missing: Option<u32>,
}

/// Something that was done.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The value is where the range says in the worker's bytes.
    Done {
        atom: u32,
        value: Range<usize>,
    },
    Failed {
        atom: u32,
        failure: Box<Failure>,
    },
    /// It was given out and not begun.
    Released {
        atom: u32,
    },
    Reverted {
        atom: u32,
    },
    RevertFailed {
        atom: u32,
        failure: Box<Failure>,
    },
}

/// A thread's buffers, used again and again.
pub(crate) struct Worker<'r, D: ?Sized> {
    run: &'r Run<D>,
    context: TaskContext,
    pub(crate) work: Vec<Work>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Encoded values, until they are appended.
    pub(crate) bytes: Vec<u8>,
}

impl<'r, D: ?Sized + Steps> Worker<'r, D> {
    pub(crate) fn new(run: &'r Run<D>) -> Self {
        let context = TaskContext {
            facts: run.facts.clone(),
            atom: 0,
            attempt: 0,
            reverts: 0,
            reverting: false,
        };
        Self {
            run,
            context,
            work: Vec::new(),
            outcomes: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Does everything that it was given.
    ///
    /// What has not begun when the run comes to a stop is given back. Where a value cannot be read
    /// the logbook has failed, and what is left is dropped.
    #[inline]
    pub(crate) fn perform(&mut self) {
        let mut work = std::mem::take(&mut self.work);
        for (at, work) in work.drain(..).enumerate() {
            let outcome = match work.command {
                Command::Run(atom) if at > 0 && self.context.is_stopping() => {
                    Ok(Outcome::Released { atom })
                }
                Command::Run(atom) => {
                    self.enter(&work, atom, false);
                    self.run_task(atom)
                }
                Command::Revert(atom, ended) => {
                    self.enter(&work, atom, true);
                    self.run_revert(atom, ended, &work)
                }
            };
            match outcome {
                Ok(outcome) => self.outcomes.push(outcome),
                Err(error) => {
                    self.run.break_off(error);
                    break;
                }
            }
        }
        self.work = work;
    }

    fn enter(&mut self, work: &Work, atom: u32, reverting: bool) {
        self.context.atom = atom;
        self.context.attempt = work.attempt;
        self.context.reverts = work.reverts;
        self.context.reverting = reverting;
    }

    fn run_task(&mut self, atom: u32) -> Result<Outcome, LogbookError> {
        match self.load_reads(atom) {
            Ok(()) => {}
            Err(Trouble::Book(error)) => return Err(error),
            Err(Trouble::Lost(failure)) => return Ok(Outcome::Failed { atom, failure }),
        }
        let start = self.bytes.len();
        let steps = &*self.run.steps;
        let mut result = caught(|| steps.step(atom, Op::Run(&self.context)));
        if result.is_ok() && self.run.is_logged() && !self.policy(atom).transient {
            let bytes = &mut self.bytes;
            result = caught(|| steps.step(atom, Op::Encode(bytes)))
                .map_err(|failure| Box::new(failure.into_unstorable()));
        }
        Ok(match result {
            Ok(()) => Outcome::Done {
                atom,
                value: start..self.bytes.len(),
            },
            Err(failure) => {
                self.bytes.truncate(start);
                Outcome::Failed { atom, failure }
            }
        })
    }

    fn run_revert(
        &mut self,
        atom: u32,
        ended: Ended,
        work: &Work,
    ) -> Result<Outcome, LogbookError> {
        let result = match self.load_for_revert(atom, ended, work.missing) {
            Ok(()) => {
                let undo = match (ended, work.failure.as_deref()) {
                    (Ended::Done, _) => Undo::Done,
                    (Ended::Failed, Some(failure)) => Undo::Failed(failure),
                    (Ended::Failed, None) | (Ended::Unknown, _) => Undo::Unknown,
                };
                let steps = &*self.run.steps;
                caught(|| steps.step(atom, Op::Revert(&self.context, undo)))
            }
            Err(Trouble::Book(error)) => return Err(error),
            Err(Trouble::Lost(failure)) => Err(failure),
        };
        Ok(match result {
            Ok(()) => Outcome::Reverted { atom },
            Err(failure) => Outcome::RevertFailed { atom, failure },
        })
    }

    fn load_reads(&self, atom: u32) -> Result<(), Trouble> {
        let Some(values) = &self.run.values else {
            return Ok(());
        };
        let plan = self.run.facts.plan;
        plan.reads(atom)
            .iter()
            .try_for_each(|&read| values.load(plan, &*self.run.steps, read))
    }

    fn load_for_revert(
        &self,
        atom: u32,
        ended: Ended,
        missing: Option<u32>,
    ) -> Result<(), Trouble> {
        let plan = self.run.facts.plan;
        if let Some(missing) = missing {
            return Err(lost(format!(
                "it needs what `{}` provides, which this process could not have again; see why, \
                 then revert the run once more",
                plan.path(missing)
            )));
        }
        let Some(values) = &self.run.values else {
            return Ok(());
        };
        self.load_reads(atom)?;
        match ended {
            Ended::Done => values.load(plan, &*self.run.steps, atom),
            Ended::Failed
                if self.policy(atom).reverts == Reverts::Done && values.had_failed(atom) =>
            {
                Err(lost(
                    "its result could not be stored and is gone with the process that had it; \
                     undo it by hand",
                ))
            }
            Ended::Failed | Ended::Unknown => Ok(()),
        }
    }

    fn policy(&self, atom: u32) -> crate::task::Policy {
        self.run.facts.plan.atom(atom).policy
    }
}

fn lost(what: impl Into<String>) -> Trouble {
    Trouble::Lost(Box::new(Failure::of(FailureKind::Lost, what)))
}

/// A panic is a failure.
#[inline]
fn caught(step: impl FnOnce() -> Step) -> Result<(), Box<Failure>> {
    // The values that a panic may leave half changed are the task's own; slots are written whole.
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Step::Done(result)) => result,
        Err(payload) => Err(Box::new(Failure::from_panic(&*payload))),
    }
}
