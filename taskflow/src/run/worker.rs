//! One thread's part in a run: calls tasks and reverts, and keeps what became of them until the
//! next exchange.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use super::values::Trouble;
use super::{Stage, clock};
use crate::failure::{Failure, FailureKind};
use crate::flow::{Closing, Op, Setup, Step, Steps, Undo};
use crate::logbook::LogbookError;
use crate::machine::{self, Command, Ended, Place, Stretch};
use crate::retry::{Attempt, Next};
use crate::task::{Reverts, TaskContext};

/// How long somebody is at items of a map before others may have some of what is left.
const PATIENCE: Duration = Duration::from_micros(50);

/// Something to do.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) command: Command,
    pub(crate) attempt: u32,
    pub(crate) reverts: u32,
    /// It is part of undoing: that the run stops is no reason not to do it.
    pub(crate) undoing: bool,
    /// Where the atom stands, if not in the flow itself.
    pub(crate) place: Option<Arc<Place>>,
    /// What most tasks do not need.
    pub(crate) more: Option<Box<More>>,
    pub(crate) progress: Progress,
}

/// A task to be run of which there is nothing else to know, in a run that goes well and of which
/// nobody records, reads or hears anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) atom: u32,
    pub(crate) attempt: u32,
    pub(crate) reverts: u32,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {
    /// It has not begun.
    Open,
    /// It went well. A value ends there in the worker's bytes, and begins where the one before it
    /// ends.
    Done { end: usize },
    /// Something else became of it, which goes with it.
    Told,
}

/// What goes with some of what there is to do.
#[derive(Debug, Default)]
pub(crate) struct More {
    /// When it is to be over.
    pub(crate) deadline: Option<SystemTime>,
    /// Why the task failed that is to be reverted.
    pub(crate) failure: Option<Failure>,
    /// The path of a task whose value the revert reads, and that could not be had again.
    pub(crate) missing: Option<String>,
    /// What a group provides is put together from this.
    pub(crate) gather: Option<Gather>,
    /// The attempts that failed, about which a controller is consulted.
    pub(crate) attempts: Option<Arc<Vec<Attempt>>>,
    /// What became of it, if that is not just that it went well.
    pub(crate) outcome: Option<Outcome>,
}

impl Work {
    pub(crate) fn new(command: Command, attempt: u32, reverts: u32) -> Self {
        Self {
            command,
            attempt,
            reverts,
            undoing: false,
            place: None,
            more: None,
            progress: Progress::Open,
        }
    }

    /// Something became of it other than that it went well.
    pub(super) fn tell(&mut self, outcome: Outcome) {
        self.more.get_or_insert_default().outcome = Some(outcome);
        self.progress = Progress::Told;
    }

    /// What became of it.
    pub(super) fn take_outcome(&mut self) -> Outcome {
        match self.progress {
            Progress::Open => Outcome::Open,
            Progress::Done { end } => Outcome::Done { end },
            Progress::Told => {
                let more = self.more.as_mut();
                more.and_then(|more| more.outcome.take())
                    .unwrap_or(Outcome::Open)
            }
        }
    }

    /// Whether it may have an effect outside of the process.
    #[inline]
    pub(super) fn has_effect(&self) -> bool {
        matches!(
            self.command,
            Command::Run(_) | Command::Revert(..) | Command::Stretch(_)
        )
    }
}

/// How the bodies of a group have ended whose values are put together.
#[derive(Debug)]
pub(crate) struct Gather {
    pub(crate) opened: machine::Opened,
    pub(crate) failures: BTreeMap<u32, Failure>,
}

impl Closing for Gather {
    fn failure(&self, body: u32) -> Option<Failure> {
        self.failures.get(&body).cloned()
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
    /// A controller has worked out what it does.
    Opened(Setup),
    /// The controller of a retry says what follows a failed attempt.
    Decided(Next),
    /// So many items are done, and the next one has failed in that atom of its body if any has.
    Stretch {
        done: u32,
        failed: Option<(u32, Box<Failure>)>,
    },
    Failed(Box<Failure>),
}

/// What the code of a flow says of something that went well.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    /// It is over.
    Over,
    /// A controller is to do that.
    Setup(Setup),
    /// That follows a failed attempt.
    Next(Next),
}

/// A thread's buffers, used again and again.
pub(crate) struct Worker<'r, D: ?Sized> {
    stage: &'r Stage<D>,
    context: TaskContext,
    /// What it was given, and after [`perform`](Worker::perform) what became of it.
    pub(crate) work: Vec<Work>,
    /// What it was given instead; after `perform`, those that went well.
    pub(crate) plain: Vec<Plain>,
    /// Encoded values, until they are appended.
    pub(crate) bytes: Vec<u8>,
}

impl<'r, D: ?Sized + Steps> Worker<'r, D> {
    pub(crate) fn new(stage: &'r Stage<D>) -> Self {
        let context = TaskContext {
            facts: stage.facts.clone(),
            atom: 0,
            place: None,
            deadline: None,
            attempt: 0,
            reverts: 0,
            reverting: false,
            undoing: false,
        };
        Self {
            stage,
            context,
            work: Vec::new(),
            plain: Vec::new(),
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
        if !self.plain.is_empty() {
            self.perform_plain(deadline);
            return Ok(());
        }
        let _at = self.stage.desk.as_ref().map(|desk| desk.enter());
        let mut late = false;
        for at in 0..self.work.len() {
            // A look at the clock costs as much as a small task.
            if at % 4 == 3 && deadline.is_some_and(|deadline| Instant::now() > deadline) {
                late = true;
            }
            let work = &mut self.work[at];
            let (command, more) = (work.command, work.more.take());
            let more = more.as_deref();
            if self.context.place.is_some() || work.place.is_some() {
                self.context.place = work.place.take();
            }
            self.context.deadline = more.and_then(|more| more.deadline);
            self.context.attempt = work.attempt;
            self.context.reverts = work.reverts;
            self.context.undoing = work.undoing;
            let done = match command {
                Command::Run(_) | Command::Open(_) | Command::Stretch(_)
                    if at > 0 && (late || self.context.is_stopping()) =>
                {
                    continue;
                }
                Command::Run(atom) => {
                    self.enter(atom, false);
                    match self.run_task() {
                        Ok(()) => {
                            let end = self.bytes.len();
                            self.work[at].progress = Progress::Done { end };
                            continue;
                        }
                        Err(trouble) => Err(trouble),
                    }
                }
                Command::Revert(atom, ended) => {
                    self.enter(atom, true);
                    self.run_revert(ended, more)
                }
                Command::Open(atom) => {
                    self.enter(atom, false);
                    self.open()
                }
                Command::Close(atom) => {
                    self.enter(atom, false);
                    self.close(more.and_then(|more| more.gather.as_ref()))
                }
                Command::Consult(atom) => {
                    self.enter(atom, false);
                    let attempts = more.and_then(|more| more.attempts.as_ref());
                    self.consult(attempts.map(|attempts| &attempts[..]))
                }
                Command::Stretch(stretch) => {
                    let outcome = self.run_stretch(stretch);
                    self.work[at].tell(outcome);
                    continue;
                }
            };
            match done {
                Ok(Said::Over) => {
                    let end = self.bytes.len();
                    self.work[at].progress = Progress::Done { end };
                }
                Ok(Said::Setup(setup)) => self.work[at].tell(Outcome::Opened(setup)),
                Ok(Said::Next(next)) => self.work[at].tell(Outcome::Decided(next)),
                Err(Trouble::Failed(failure)) => {
                    let failure = self.in_item(failure);
                    self.work[at].tell(Outcome::Failed(failure));
                }
                Err(Trouble::Book(error)) => {
                    self.work.clear();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// [`perform`](Worker::perform), for what there is nothing else to know of; what has not gone
    /// well is put to the rest.
    fn perform_plain(&mut self, deadline: Option<Instant>) {
        (self.context.place, self.context.deadline) = (None, None);
        let mut failed = None;
        let mut at = 0;
        while let Some(&Plain {
            atom,
            attempt,
            reverts,
        }) = self.plain.get(at)
        {
            // A look at the clock costs as much as a small task.
            let is_late = || deadline.is_some_and(|deadline| Instant::now() > deadline);
            if at > 0 && (self.context.is_stopping() || at % 4 == 0 && is_late()) {
                break;
            }
            if let Err(failure) = self.call(atom, attempt, reverts) {
                failed = Some(failure);
                break;
            }
            at += 1;
        }
        let rest = self.plain.drain(at..);
        self.work.extend(
            rest.map(|plain| Work::new(Command::Run(plain.atom), plain.attempt, plain.reverts)),
        );
        if let Some(failure) = failed {
            self.work[0].tell(Outcome::Failed(failure));
        }
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
        let plan = self.stage.facts.plan;
        if plan.timeouts {
            self.context.deadline = match plan.atom(atom).policy.timeout_ms {
                0 => None,
                ms => clock::point(clock::after(ms)),
            };
        }
        self.enter(atom, false);
        called(|| self.stage.steps.step(atom, &[], Op::Run(&self.context)))
            .map_err(|failure| self.blame(failure))
    }

    /// An error after the time is up is due to that, so that nobody knows what it has done.
    // It comes in a box and goes on in one.
    #[allow(clippy::unnecessary_box_returns)]
    fn blame(&self, failure: Box<Failure>) -> Box<Failure> {
        if self.context.is_late() && !failure.leaves_effect() {
            Box::new(failure.into_timeout())
        } else {
            failure
        }
    }

    /// A failure in an item of a map says which item that is.
    // It comes in a box and goes on in one.
    #[allow(clippy::unnecessary_box_returns)]
    fn in_item(&self, failure: Box<Failure>) -> Box<Failure> {
        let Some(place) = &self.context.place else {
            return failure;
        };
        let (root, within) = place.code();
        let mut items = String::new();
        for (depth, stand) in place.levels.iter().enumerate() {
            let Some(body) = stand.body.filter(|body| body.is_item) else {
                continue;
            };
            let mut item = String::new();
            let label = Op::Label(body.number, &mut item);
            // What panics there says nothing, and is not why the task failed.
            let told = caught(|| self.stage.steps.step(root, &within[..2 * depth], label));
            if told.is_ok() && !item.is_empty() {
                if !items.is_empty() {
                    items.push_str(", ");
                }
                items.push_str(&item);
            }
        }
        Box::new(failure.in_item(items))
    }

    /// Does something with the task that was entered.
    #[inline]
    fn call_task(&self, op: Op<'_>) -> Result<(), Box<Failure>> {
        let steps = &*self.stage.steps;
        match &self.context.place {
            None => called(|| steps.step(self.context.atom, &[], op)),
            Some(place) => {
                let (atom, within) = place.code();
                called(|| steps.step(atom, &within, op))
            }
        }
    }

    /// Does one thing with the atom that was entered.
    fn step(&self, op: Op<'_>) -> Result<Said, Box<Failure>> {
        let steps = &*self.stage.steps;
        match &self.context.place {
            None => caught(|| steps.step(self.context.atom, &[], op)),
            Some(place) => {
                let (atom, within) = place.code();
                caught(|| steps.step(atom, &within, op))
            }
        }
    }

    /// Where the atom that was entered stands.
    fn place(&self) -> Arc<Place> {
        match &self.context.place {
            Some(place) => place.clone(),
            None => Arc::new(Place::in_flow(self.stage.facts.plan, self.context.atom)),
        }
    }

    /// Has a controller work out what it does.
    fn open(&mut self) -> Result<Said, Trouble> {
        self.load_reads()?;
        Ok(self.step(Op::Open(&self.context))?)
    }

    /// Puts together what a group provides.
    fn close(&mut self, gather: Option<&Gather>) -> Result<Said, Trouble> {
        let Some(gather) = gather else {
            return Ok(Said::Over);
        };
        if let Some(values) = &self.stage.values {
            // The group may read what an earlier process has provided, and bodies may have ended in
            // one.
            self.load_reads()?;
            values.load_bodies(&*self.stage.steps, &self.place(), &gather.opened)?;
        }
        Ok(self.step(Op::Close(gather))?)
    }

    /// Has the controller of a retry decide what follows a failed attempt.
    fn consult(&self, attempts: Option<&[Attempt]>) -> Result<Said, Trouble> {
        let Some(attempts) = attempts else {
            return Ok(Said::Over);
        };
        self.load_reads()?;
        Ok(self.step(Op::Consult(attempts))?)
    }

    /// Calls a task; its encoded value is what was added to the bytes.
    fn run_task(&mut self) -> Result<(), Trouble> {
        self.load_reads()?;
        self.call_task(Op::Run(&self.context))
            .map_err(|failure| self.blame(failure))?;
        if self.stage.logged && !self.policy().transient {
            let mut bytes = std::mem::take(&mut self.bytes);
            let start = bytes.len();
            let encoded = self.call_task(Op::Encode(&mut bytes));
            if encoded.is_err() {
                bytes.truncate(start);
            }
            self.bytes = bytes;
            encoded.map_err(|failure| Box::new(failure.into_unstorable()))?;
        }
        Ok(())
    }

    /// Runs items of a map, as long as they go well, nothing stops them and nobody else may want
    /// to have some of them.
    fn run_stretch(&mut self, stretch: Stretch) -> Outcome {
        let Some(place) = &self.context.place else {
            unreachable!("an item is in a map");
        };
        let (root, mut within) = place.code();
        let plan = place.last().plan;
        let (item, task) = (within.len() - 2, within.len() - 1);
        let is_timed = self.context.deadline.is_some();
        let mut start: Option<Instant> = None;
        for done in 0..stretch.len {
            // A look at the clock costs as much as a small task.
            if done > 0 && (done < 4 || done % 8 == 0 || is_timed) {
                let now = Instant::now();
                let since = start.get_or_insert(now);
                if now.duration_since(*since) > PATIENCE || self.context.is_stopping() {
                    return Outcome::Stretch { done, failed: None };
                }
            }
            let first = stretch.first + done * plan.len();
            within[item] = stretch.from + done;
            for atom in plan.task_atoms() {
                within[task] = atom;
                self.enter(first + atom, false);
                if let Some(place) = &mut self.context.place {
                    // Nobody else has it.
                    Arc::make_mut(place).go_to(within[item], first, atom);
                }
                let steps = &*self.stage.steps;
                if let Err(failure) = called(|| steps.step(root, &within, Op::Run(&self.context))) {
                    let failed = Some((atom, self.in_item(self.blame(failure))));
                    return Outcome::Stretch { done, failed };
                }
            }
        }
        Outcome::Stretch {
            done: stretch.len,
            failed: None,
        }
    }

    fn run_revert(&self, ended: Ended, more: Option<&More>) -> Result<Said, Trouble> {
        let failure = more.and_then(|more| more.failure.as_ref());
        let missing = more.and_then(|more| more.missing.as_deref());
        self.load_for_revert(ended, missing)?;
        let undo = match (ended, failure) {
            (Ended::Done, _) => Undo::Done,
            (Ended::Failed, Some(failure)) if failure.kind() == FailureKind::Timeout => {
                Undo::Unknown
            }
            (Ended::Failed, Some(failure)) => Undo::Failed(failure),
            (Ended::Failed, None) | (Ended::Unknown, _) => Undo::Unknown,
        };
        let undone = self.step(Op::Revert(&self.context, undo));
        Ok(undone.map_err(|failure| self.blame(failure))?)
    }

    #[inline]
    fn load_reads(&self) -> Result<(), Trouble> {
        match &self.stage.values {
            None => Ok(()),
            Some(values) => values.load_reads(&*self.stage.steps, &self.place()),
        }
    }

    fn load_for_revert(&self, ended: Ended, missing: Option<&str>) -> Result<(), Trouble> {
        if let Some(missing) = missing {
            return Err(lost(format!(
                "it needs what `{missing}` provides, which this process could not have again; see \
                 why, then revert the run once more"
            )));
        }
        let Some(values) = &self.stage.values else {
            return Ok(());
        };
        self.load_reads()?;
        let place = self.place();
        match ended {
            Ended::Done => values.load(&*self.stage.steps, &place),
            Ended::Failed
                if self.policy().reverts == Reverts::Done && values.had_failed(place.number()) =>
            {
                Err(lost(
                    "its result could not be stored and is gone with the process that had it; \
                     undo it by hand",
                ))
            }
            Ended::Failed | Ended::Unknown => Ok(()),
        }
    }

    fn policy(&self) -> crate::task::Policy {
        match &self.context.place {
            None => self.stage.facts.plan.atom(self.context.atom).policy,
            Some(place) => place.last().plan.atom(place.last().atom).policy,
        }
    }
}

fn lost(what: impl Into<String>) -> Trouble {
    Trouble::Failed(Box::new(Failure::of(FailureKind::Lost, what)))
}

/// Calls what says nothing but that it is over. A panic is a failure.
#[inline]
fn called(step: impl FnOnce() -> Step) -> Result<(), Box<Failure>> {
    // As below.
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Step::Done(result)) => result,
        Ok(Step::Open(_) | Step::Next(_)) => Ok(()),
        Err(payload) => Err(Box::new(panicked(payload))),
    }
}

/// A panic is a failure.
#[inline]
pub(super) fn caught(step: impl FnOnce() -> Step) -> Result<Said, Box<Failure>> {
    // The values that a panic may leave half changed are the task's own; slots are written whole.
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Step::Done(result)) => result.map(|()| Said::Over),
        Ok(Step::Open(setup)) => Ok(Said::Setup(setup)),
        Ok(Step::Next(next)) => Ok(Said::Next(next)),
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
