//! A run under way: the plan's machine, the values and the logbook, brought together.
//!
//! An engine exchanges what it finished for what to do next, and waits for the commit before it
//! does it. So *append, write as the policy says, then go on* stands here once. The logbook is in
//! order: what was started because of a finish stands behind it, and waiting for the later record
//! is waiting for both. That is why nobody has to hold work back until a commit is done.

mod changes;
pub(crate) mod clock;
mod codes;
mod failures;
mod fork;
mod hand_out;
mod past;
mod replay;
mod report;
mod requests;
mod take_in;
#[cfg(feature = "parallel")]
mod together;
mod values;
mod waits;
mod worker;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::flow::{Identity, Steps};
use crate::listen::{Audience, Change, Listeners};
use crate::logbook::{self, Batch, Commit, Desk, Kind, LogbookError, RunId, RunLog};
use crate::machine::{Command, End, Event, Illegal, Machine};
use crate::plan::Plan;
use crate::task::{RunFacts, StoppedBodies};

use changes::{Places, changes};
pub(crate) use failures::Failures;
pub(crate) use fork::{Unforkable, forked};
pub(crate) use replay::{Replayed, on_failure_code, replay};
pub use report::{Failed, Left, Resolution, RunError, StartError, Stopped, TaskFailure, Undone};

pub(crate) use requests::{read, request};
#[cfg(feature = "parallel")]
pub(crate) use together::watch;
pub(crate) use values::Values;
use waits::Opened;
use worker::Progress;
pub(crate) use worker::{Outcome, Work, Worker, panicked};

/// How many items of a map somebody takes at once who works alone.
const STRETCH: u32 = 1024;

/// A run under way, for an engine.
pub(crate) struct Run<D: ?Sized> {
    pub(crate) stage: Stage<D>,
    /// In a box, since a run is moved a few times and this is most of it.
    core: Mutex<Box<Core>>,
    /// Told when something can be started or the run is over, while a worker is parked.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code, reason = "nobody waits"))]
    changed: Condvar,
    /// Counts the same, while a worker looks for it.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code, reason = "nobody waits"))]
    changes: AtomicU32,
}

/// What workers read without a lock.
pub(crate) struct Stage<D: ?Sized> {
    pub(crate) steps: Arc<D>,
    pub(crate) facts: Arc<RunFacts>,
    /// Values of an earlier process, for a run that was taken up.
    pub(crate) values: Option<Values>,
    pub(crate) logged: bool,
    /// Where others of the process ask the run for something.
    pub(crate) desk: Option<Arc<Desk>>,
}

/// A run for an engine that works alone: it needs no lock.
pub(crate) struct Alone<'r, D: ?Sized> {
    pub(crate) stage: &'r Stage<D>,
    core: &'r mut Core,
}

/// What workers share, under one lock that is taken once for a batch.
// Independent facts.
#[allow(clippy::struct_excessive_bools)]
struct Core {
    facts: Arc<RunFacts>,
    machine: Machine,
    log: Option<Arc<RunLog>>,
    batch: Batch,
    /// Somebody listens, so that records are made even if nobody keeps them.
    heard: bool,
    /// Nobody records, reads or hears anything, and no deadline may come: only what fails is of
    /// interest.
    is_loose: bool,
    /// The places of atoms that something happened to since the last batch, if somebody listens.
    places: Places,
    /// The number of the last event that was noted for those who listen.
    noted: u64,
    failures: Failures,
    /// Since when it waits for what.
    opened: Opened,
    /// The last record says what the run waits for.
    waits_said: bool,
    /// The logbook failed: nothing that happens counts any more.
    broken: Option<LogbookError>,
    /// A worker is unwinding: whoever is left goes home.
    abandoned: bool,
    #[cfg_attr(not(feature = "parallel"), allow(dead_code, reason = "nobody waits"))]
    parked: u32,
    /// How many look for a change before they sleep.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code, reason = "nobody waits"))]
    watching: u32,
    /// The point in time at which a worker that is parked wakes up by itself.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code, reason = "nobody waits"))]
    awaited: Option<u64>,
    /// When the driver last looked for letters.
    looked: Option<Instant>,
    /// A worker attends to what others ask for.
    #[cfg_attr(
        not(feature = "parallel"),
        allow(dead_code, reason = "nobody else does")
    )]
    attended: bool,
}

/// What an exchange left an engine with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The worker has work; that many more could be started by others.
    Work { left: usize },
    /// Everything that can be started is: others may be about to finish something.
    Idle,
    /// The run is over.
    Over,
}

/// A run that no engine works at any more.
pub(crate) struct Finished {
    core: Box<Core>,
    pub(crate) values: Option<Values>,
    pub(crate) facts: Arc<RunFacts>,
    /// The end of a run that nobody drove because it had ended.
    pub(crate) told: Option<End>,
}

impl<D> Run<D> {
    /// The same run, with the flow's code as an object.
    pub(crate) fn map<U: ?Sized>(self, object: impl FnOnce(Arc<D>) -> Arc<U>) -> Run<U> {
        let Stage {
            steps,
            facts,
            values,
            logged,
            desk,
        } = self.stage;
        Run {
            stage: Stage {
                steps: object(steps),
                facts,
                values,
                logged,
                desk,
            },
            core: self.core,
            changed: self.changed,
            changes: self.changes,
        }
    }
}

impl<D: ?Sized + Steps> Run<D> {
    /// A run that is not recorded, or one that begins with the records of `log`.
    pub(crate) fn new(
        steps: Arc<D>,
        plan: &'static Plan,
        flow: Identity,
        log: Option<RunLog>,
        deadline_ms: Option<u64>,
        listeners: &Listeners,
    ) -> Self {
        let machine = || Machine::new(plan, plan.on_failure(), deadline_ms);
        let mut run = Self::with(steps, plan, flow, machine, log, listeners);
        if let Some(audience) = &run.stage.facts.audience {
            if run.stage.logged {
                // The first commit is that of its record as well.
                let noted = audience.note([Change::RunStarted], || Ok::<_, Infallible>(()));
                let Ok(((), noted)) = noted;
                let core = run.core.get_mut().unwrap_or_else(PoisonError::into_inner);
                core.noted = noted;
            } else {
                audience.note_recorded([Change::RunStarted]);
            }
        }
        run
    }

    fn with(
        steps: Arc<D>,
        plan: &'static Plan,
        flow: Identity,
        machine: impl FnOnce() -> Machine,
        log: Option<RunLog>,
        listeners: &Listeners,
    ) -> Self {
        let id = log
            .as_ref()
            .map_or_else(OnceLock::new, |log| log.id().clone().into());
        let audience = Audience::new(listeners, || id.get_or_init(RunId::random).clone(), flow);
        let heard = audience.is_some();
        let log = log.map(Arc::new);
        let is_logged = log.is_some();
        let facts = Arc::new(RunFacts {
            id,
            plan,
            flow,
            stopping: AtomicBool::new(false),
            stopped: StoppedBodies::default(),
            log: log.as_ref().map(Arc::downgrade),
            audience,
            checkpoints: Mutex::default(),
            has_checkpoints: AtomicBool::new(false),
        });
        let stage = Stage {
            steps,
            facts: facts.clone(),
            values: None,
            logged: is_logged,
            desk: log.as_ref().map(|log| log.desk().clone()),
        };
        // The machine is made where it stays: to move it costs as much as a few small tasks.
        let mut core = Box::write(
            Box::new_uninit(),
            Core {
                facts,
                machine: machine(),
                log,
                batch: Batch::default(),
                heard,
                is_loose: false,
                places: Places::default(),
                noted: 0,
                failures: Failures::default(),
                opened: Opened::default(),
                waits_said: false,
                broken: None,
                abandoned: false,
                parked: 0,
                watching: 0,
                awaited: None,
                looked: None,
                attended: false,
            },
        );
        core.is_loose = !is_logged && !heard && !core.machine.has_deadline();
        // Relaxed: no worker is there yet.
        let stopping = &core.facts.stopping;
        stopping.store(core.machine.is_stopping(), Ordering::Relaxed);
        Self {
            stage,
            core: Mutex::new(core),
            changed: Condvar::new(),
            changes: AtomicU32::new(0),
        }
    }

    /// A run that goes on.
    pub(crate) fn taken_up(
        steps: Arc<D>,
        plan: &'static Plan,
        flow: Identity,
        replayed: Replayed,
        log: RunLog,
        listeners: &Listeners,
    ) -> Self {
        let Replayed {
            machine,
            failures,
            values,
            batch,
            places,
            checkpoints,
            opened,
        } = replayed;
        let mut values = values;
        // What a person has asked for since may let parts of it begin anew.
        values.drop_stale(&machine);
        let mut run = Self::with(steps, plan, flow, || machine, Some(log), listeners);
        run.stage.values = Some(values);
        run.stage.facts.keep(checkpoints);
        let core = run.core.get_mut().unwrap_or_else(PoisonError::into_inner);
        core.failures = failures;
        core.opened = opened;
        core.batch = batch;
        core.places = places;
        run
    }

    /// The same run, of which nothing is recorded from here on.
    pub(crate) fn unrecorded(mut self) -> Self {
        self.stage.logged = false;
        self.stage.desk = None;
        let core = self.core.get_mut().unwrap_or_else(PoisonError::into_inner);
        core.log = None;
        // Some of the values are in the book.
        core.is_loose = false;
        self
    }

    /// The run without its lock.
    pub(crate) fn alone(&mut self) -> Alone<'_, D> {
        Alone {
            stage: &self.stage,
            core: self.core.get_mut().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The run's end, for who asked for it; lets go of the flow's code.
    pub(crate) fn finish(self) -> Finished {
        let core = self
            .core
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Finished {
            core,
            values: self.stage.values,
            facts: self.stage.facts,
            told: None,
        }
    }
}

impl<D: ?Sized + Steps> Alone<'_, D> {
    /// As [`Run::turn`], for one thing to do.
    #[inline]
    pub(crate) fn turn(&mut self, worker: &mut Worker<'_, D>) -> Turn {
        if let Err(error) = self.attend() {
            self.break_off(error);
        }
        let (turn, commit) = self.core.exchange(worker, 1, STRETCH);
        match self.stage.settle(commit, self.core.noted) {
            Ok(()) => turn,
            Err(error) => {
                worker.work.clear();
                self.break_off(error);
                Turn::Over
            }
        }
    }

    /// As [`Run::perform`], however long it takes.
    #[inline]
    pub(crate) fn perform(&mut self, worker: &mut Worker<'_, D>) {
        if let Err(error) = worker.perform(None) {
            self.break_off(error);
        }
    }

    /// Runs task after task as long as they go well and nobody records, reads or hears anything:
    /// there is nothing to exchange before one fails or the run is over.
    pub(crate) fn run_on(&mut self, worker: &mut Worker<'_, D>) {
        if !self.core.is_loose {
            return;
        }
        let Some(mut tasks) = self.core.machine.tasks_alone() else {
            return;
        };
        let mut next = tasks.start_next();
        while let Some(atom) = next {
            let (attempt, reverts) = tasks.counts(atom);
            if let Err(failure) = worker.call(atom, attempt, reverts) {
                let mut work = Work::new(Command::Run(atom), attempt, reverts);
                work.tell(Outcome::Failed(failure));
                worker.work.push(work);
                return;
            }
            self.stage.facts.forget_checkpoint(atom);
            next = tasks.advance(atom);
        }
    }

    fn break_off(&mut self, error: LogbookError) {
        self.core.break_off(&self.stage.facts, error);
    }
}

impl<D: ?Sized> Stage<D> {
    /// Waits for what was appended, if anything was, and tells it to those who listen: it is what
    /// they know by the events up to the number `noted`.
    #[inline]
    fn settle(
        &self,
        commit: Option<Result<Commit, LogbookError>>,
        noted: u64,
    ) -> Result<(), LogbookError> {
        match &self.facts.audience {
            None => wait(commit),
            Some(audience) => {
                // Who listens cannot wait for the run that it holds up.
                let _at = self.desk.as_ref().map(|desk| desk.enter());
                settle_aloud(audience, commit, noted)
            }
        }
    }
}

#[cold]
fn settle_aloud(
    audience: &Audience,
    commit: Option<Result<Commit, LogbookError>>,
    noted: u64,
) -> Result<(), LogbookError> {
    let is_known = commit.is_some();
    let waited = wait(commit);
    if is_known && waited.is_ok() {
        audience.acknowledge(noted);
    }
    // Requests may have been recorded before that.
    audience.tell();
    waited
}

#[inline]
fn wait(commit: Option<Result<Commit, LogbookError>>) -> Result<(), LogbookError> {
    match commit {
        None => Ok(()),
        Some(Ok(commit)) => commit.wait(),
        Some(Err(error)) => Err(error),
    }
}

impl Core {
    /// Takes in what the worker finished and gives it up to `room` things to do, or up to
    /// `stretch` items, which must not begin before the commit is done.
    // Each engine has its own copy, which knows how much room there is.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn exchange<D: ?Sized + Steps>(
        &mut self,
        worker: &mut Worker<'_, D>,
        room: usize,
        stretch: u32,
    ) -> (Turn, Option<Result<Commit, LogbookError>>) {
        if self.is_off() {
            worker.work.clear();
            worker.plain.clear();
            return (Turn::Over, None);
        }
        self.tick();
        if self.heard {
            for work in &worker.work {
                self.places.keep(&self.machine, work.command.atom());
            }
        }
        for plain in worker.plain.drain(..) {
            self.done(plain.atom, &[]);
        }
        let mut start = 0;
        for work in &mut worker.work {
            if let (Command::Run(atom), Progress::Done { end }) = (work.command, work.progress) {
                self.done(atom, &worker.bytes[start..end]);
                start = end;
            } else {
                let outcome = work.take_outcome();
                self.take_in(work.command, outcome, &worker.bytes, &mut start);
            }
        }
        worker.work.clear();
        worker.bytes.clear();
        self.decide();
        if self.give_out_plain(room, &mut worker.plain) {
            let left = self.machine.ready();
            return (Turn::Work { left }, None);
        }
        while worker.work.len() < room {
            if self.is_loose
                && self.machine.has_groups()
                && self.give_out_stretch(stretch, &mut worker.work)
            {
                break;
            }
            let Some(command) = self.machine.next() else {
                break;
            };
            self.give_out(command, &mut worker.work);
        }
        if self.machine.is_stopping() {
            worker.note_stop();
        }
        let turn = self.turn(worker.work.is_empty());
        let Some(commit) = self.append() else {
            return (turn, None);
        };
        // What has no effect may begin before its record counts.
        let waits = worker.work.is_empty() || worker.work.iter().any(Work::has_effect);
        (turn, (waits || commit.is_err()).then_some(commit))
    }

    #[cold]
    fn break_off(&mut self, facts: &RunFacts, error: LogbookError) {
        self.broken.get_or_insert(error);
        // Relaxed: a hint to tasks, which carries no data with it.
        facts.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether nothing that happens counts any more.
    fn is_off(&self) -> bool {
        self.broken.is_some() || self.abandoned
    }

    /// The run's own events are legal, or the machine is wrong.
    // As the machine's own.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn on(&mut self, event: Event) {
        if let Err(illegal) = self.machine.on(event) {
            wrong(illegal);
        }
    }

    /// Whether somebody keeps the records of what happens, or hears of them.
    #[inline]
    fn makes_records(&self) -> bool {
        self.log.is_some() || self.heard
    }

    #[inline]
    fn push(&mut self, kind: Kind, atom: u32, payload: &[u8]) {
        if self.makes_records() {
            self.batch.push(kind, atom, payload);
        }
    }

    #[inline]
    fn turn(&mut self, idle: bool) -> Turn {
        if !idle {
            return Turn::Work {
                left: self.machine.ready(),
            };
        }
        match self.machine.verdict() {
            None => {
                self.say_waits();
                Turn::Idle
            }
            // Nobody would take what others ask for from here on.
            Some(_) if self.log.as_ref().is_some_and(|log| !log.desk().close()) => Turn::Idle,
            Some(end) => {
                if self.machine.over().is_none() {
                    self.on(Event::End(end));
                    if self.makes_records() {
                        let payload = logbook::end(end.state(), clock::now());
                        self.push(Kind::End, 0, &payload);
                    }
                }
                Turn::Over
            }
        }
    }

    #[inline]
    fn append(&mut self) -> Option<Result<Commit, LogbookError>> {
        if self.heard {
            return self.append_aloud();
        }
        let log = self.log.as_ref()?;
        if self.batch.is_empty() {
            return None;
        }
        self.waits_said = self.batch.last() == Some(Kind::Wait);
        let commit = log.append(&self.batch);
        self.batch.clear();
        Some(commit)
    }

    /// As [`append`](Core::append), with those who listen.
    #[cold]
    fn append_aloud(&mut self) -> Option<Result<Commit, LogbookError>> {
        let audience = self.facts.audience.as_ref()?;
        if self.batch.is_empty() {
            return None;
        }
        self.waits_said = self.batch.last() == Some(Kind::Wait);
        let changes = changes(&self.batch, &self.machine, &self.places);
        let appended = match &self.log {
            None => {
                audience.note_recorded(changes);
                None
            }
            Some(log) => {
                let noted = audience.note(changes, || log.append(&self.batch));
                Some(noted.map(|(commit, noted)| {
                    self.noted = noted;
                    commit
                }))
            }
        };
        self.batch.clear();
        self.places.clear();
        appended
    }

    /// What has been noted is recorded.
    fn acknowledge(&self) {
        if let Some(audience) = &self.facts.audience {
            audience.acknowledge(self.noted);
        }
    }

    /// Something happens to an atom that may be the last of its body.
    fn keep_place(&mut self, atom: u32) {
        if self.heard {
            self.places.keep(&self.machine, atom);
        }
    }
}

#[cold]
fn wrong(illegal: Illegal) -> ! {
    unreachable!("the run follows its own machine: {illegal:?}");
}

impl RunFacts {
    /// The run's id; one that is not recorded gets its own when it is first asked for.
    pub(crate) fn id(&self) -> &RunId {
        self.id.get_or_init(RunId::random)
    }
}
