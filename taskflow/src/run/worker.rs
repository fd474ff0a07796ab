//! One thread's part in a run: calls tasks and reverts, and keeps what became of them until the
//! next exchange.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Stage;
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
    /// It is part of undoing: that the run stops is no reason not to do it.
    pub(crate) undoing: bool,
    /// Why the task failed that is to be reverted.
    pub(crate) failure: Option<Box<Failure>>,
    /// A task whose value the revert reads, and that could not be had again.
    pub(crate) missing: Option<u32>,
    pub(crate) outcome: Outcome,
}

impl Work {
    pub(crate) fn new(command: Command, attempt: u32, reverts: u32) -> Self {
        Self {
            command,
            attempt,
            reverts,
            undoing: false,
            failure: None,
            missing: None,
            outcome: Outcome::Open,
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It has not begun.
    Open,
    /// It went well. A value ends there in the worker's bytes, and begins where the one before it
    /// ends.
    Done {
        end: usize,
    },
    Failed(Box<Failure>),
}

/// A thread's buffers, used again and again.
pub(crate) struct Worker<'r, D: ?Sized> {
    stage: &'r Stage<D>,
    context: TaskContext,
    /// What it was given, and after [`perform`](Worker::perform) what became of it.
    pub(crate) work: Vec<Work>,
    /// Encoded values, until they are appended.
    pub(crate) bytes: Vec<u8>,
}

impl<'r, D: ?Sized + Steps> Worker<'r, D> {
    pub(crate) fn new(stage: &'r Stage<D>) -> Self {
        let context = TaskContext {
            facts: stage.facts.clone(),
            atom: 0,
            attempt: 0,
            reverts: 0,
            reverting: false,
            undoing: false,
        };
        Self {
            stage,
            context,
            work: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Does everything that it was given.
    ///
    /// What has not begun when the run comes to a stop, or when there is a deadline and it has
    /// passed, is given back.
    ///
    /// # Errors
    ///
    /// If a value cannot be read from the logbook; what is left is dropped.
    #[inline]
    pub(crate) fn perform(&mut self, deadline: Option<Instant>) -> Result<(), LogbookError> {
        let mut late = false;
        for at in 0..self.work.len() {
            // A look at the clock costs as much as a small task.
            if at % 4 == 3 && deadline.is_some_and(|deadline| Instant::now() > deadline) {
                late = true;
            }
            let work = &mut self.work[at];
            let (command, missing, failure) = (work.command, work.missing, work.failure.take());
            self.context.attempt = work.attempt;
            self.context.reverts = work.reverts;
            self.context.undoing = work.undoing;
            let done = match command {
                Command::Run(_) if at > 0 && (late || self.context.is_stopping()) => continue,
                Command::Run(atom) => {
                    self.enter(atom, false);
                    self.run_task(atom)
                }
                Command::Revert(atom, ended) => {
                    self.enter(atom, true);
                    self.run_revert(atom, ended, failure.as_deref(), missing)
                }
            };
            self.work[at].outcome = match done {
                Ok(()) => {
                    let end = self.bytes.len();
                    Outcome::Done { end }
                }
                Err(Trouble::Failed(failure)) => Outcome::Failed(failure),
                Err(Trouble::Book(error)) => {
                    self.work.clear();
                    return Err(error);
                }
            };
        }
        Ok(())
    }

    /// Lets tasks know that nothing new starts.
    pub(super) fn note_stop(&self) {
        // Relaxed: a hint to tasks, which carries no data with it.
        self.stage.facts.stopping.store(true, Ordering::Relaxed);
    }

    fn enter(&mut self, atom: u32, reverting: bool) {
        self.context.atom = atom;
        self.context.reverting = reverting;
    }

    /// Calls a task of a run that is going well, whose value nobody encodes.
    #[inline]
    pub(super) fn call(
        &mut self,
        atom: u32,
        attempt: u32,
        reverts: u32,
    ) -> Result<(), Box<Failure>> {
        self.context.attempt = attempt;
        self.context.reverts = reverts;
        self.context.undoing = false;
        self.enter(atom, false);
        caught(|| self.stage.steps.step(atom, &[], Op::Run(&self.context)))
    }

    /// Calls a task; its encoded value is what was added to the bytes.
    fn run_task(&mut self, atom: u32) -> Result<(), Trouble> {
        self.load_reads(atom)?;
        let steps = &*self.stage.steps;
        caught(|| steps.step(atom, &[], Op::Run(&self.context)))?;
        let start = self.bytes.len();
        if self.stage.logged && !self.policy(atom).transient {
            let bytes = &mut self.bytes;
            caught(|| steps.step(atom, &[], Op::Encode(bytes))).map_err(|failure| {
                self.bytes.truncate(start);
                Box::new(failure.into_unstorable())
            })?;
        }
        Ok(())
    }

    fn run_revert(
        &self,
        atom: u32,
        ended: Ended,
        failure: Option<&Failure>,
        missing: Option<u32>,
    ) -> Result<(), Trouble> {
        self.load_for_revert(atom, ended, missing)?;
        let undo = match (ended, failure) {
            (Ended::Done, _) => Undo::Done,
            (Ended::Failed, Some(failure)) => Undo::Failed(failure),
            (Ended::Failed, None) | (Ended::Unknown, _) => Undo::Unknown,
        };
        caught(|| {
            self.stage
                .steps
                .step(atom, &[], Op::Revert(&self.context, undo))
        })?;
        Ok(())
    }

    fn load_reads(&self, atom: u32) -> Result<(), Trouble> {
        let Some(values) = &self.stage.values else {
            return Ok(());
        };
        let plan = self.stage.facts.plan;
        plan.reads(atom)
            .iter()
            .try_for_each(|&read| values.load(plan, &*self.stage.steps, read))
    }

    fn load_for_revert(
        &self,
        atom: u32,
        ended: Ended,
        missing: Option<u32>,
    ) -> Result<(), Trouble> {
        let plan = self.stage.facts.plan;
        if let Some(missing) = missing {
            return Err(lost(format!(
                "it needs what `{}` provides, which this process could not have again; see why, \
                 then revert the run once more",
                plan.path(missing)
            )));
        }
        let Some(values) = &self.stage.values else {
            return Ok(());
        };
        self.load_reads(atom)?;
        match ended {
            Ended::Done => values.load(plan, &*self.stage.steps, atom),
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
        self.stage.facts.plan.atom(atom).policy
    }
}

fn lost(what: impl Into<String>) -> Trouble {
    Trouble::Failed(Box::new(Failure::of(FailureKind::Lost, what)))
}

/// A panic is a failure.
#[inline]
pub(super) fn caught(step: impl FnOnce() -> Step) -> Result<(), Box<Failure>> {
    // The values that a panic may leave half changed are the task's own; slots are written whole.
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(step) => step.done(),
        Err(payload) => Err(Box::new(panicked(payload))),
    }
}

#[cold]
pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Failure {
    let failure = Failure::from_panic(&*payload);
    // A payload may be of any type, and one whose drop panics would get out of here.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    failure
}
