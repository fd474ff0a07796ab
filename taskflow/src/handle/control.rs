//! A run in the logbook: its state, and what can be asked of it.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ask::{RunControl, Undo};
use super::start::recorded_inputs;
use crate::engine::{Engine, Job, Output, Prepared};
use crate::flow::{Given, Identity, Opened, Runnable, Steps, Take};
use crate::listen::{Change, Listener, Listeners};
use crate::logbook::{self, Claim, History, Kind, Logbook, LogbookError, RunId, RunLog, RunState};
use crate::machine::{End, Event, Request, State};
use crate::plan::{PlanDiff, StoredPlan};
use crate::run::{Finished, Replayed, Resolution, Run, RunError, StartError, replay};

/// A run, for who started it or attached to it.
///
/// It does nothing by itself: [`wait`](RunHandle::wait) drives the run.
pub struct RunHandle<'b, F: Runnable, E: ?Sized> {
    id: RunId,
    given: Arc<Given<F>>,
    engine: &'b E,
    book: &'b Logbook,
    intent: Mutex<Intent>,
    listeners: Listeners,
}

/// A flow's code that the output is taken out of.
type Taken<'t, O> = Arc<dyn Take<O> + 't>;

/// What driving a run is to do about one that had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Tell the end.
    Attach,
    /// Go on from a failure, or with a revert that failed.
    GoOn,
    /// Undo what is in place.
    Revert,
}

/// What is to be done with a run, once its records are read.
enum Next {
    /// Nothing: it ended like this.
    Tell(End),
    /// It succeeded, and a part of its output was not stored and is made again.
    TellAgain,
    Drive,
}

impl<'b, F: Runnable, E: ?Sized> RunHandle<'b, F, E> {
    pub(crate) fn new(
        id: RunId,
        given: Arc<Given<F>>,
        engine: &'b E,
        book: &'b Logbook,
        intent: Intent,
    ) -> Self {
        Self {
            id,
            given,
            engine,
            book,
            intent: Mutex::new(intent),
            listeners: Listeners::default(),
        }
    }

    pub(crate) fn heard_by(mut self, listeners: &Listeners) -> Self {
        self.listeners = listeners.clone();
        self
    }

    /// Tells what is recorded of the run, which nobody drives.
    pub(super) fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        self.listeners.tell(&self.id, self.given.identity, changes);
    }

    /// A handle on a run that the logbook has, unless its plan is another.
    pub(crate) fn attach(
        id: RunId,
        given: Arc<Given<F>>,
        engine: &'b E,
        book: &'b Logbook,
        intent: Intent,
    ) -> Result<Self, StartError> {
        let driven = book
            .run_summary(&id)?
            .is_some_and(|run| run.state == RunState::Running);
        // What becomes of a run that is under way is not there to be repaired yet.
        let intent = if driven { Intent::Attach } else { intent };
        let history = history(book, &id)?;
        check_plan::<F>(&history)?;
        Ok(Self::new(id, given, engine, book, intent))
    }

    #[doc(hidden)]
    pub fn resume(
        id: &RunId,
        resources: F::Resources,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<Self, StartError> {
        Self::take_up(id, Identity::of::<F>(), resources, engine, book)
    }

    /// A handle on a run of a flow that is stored under `identity`, to go on with it.
    pub(crate) fn take_up(
        id: &RunId,
        identity: Identity,
        resources: F::Resources,
        engine: &'b E,
        book: &'b Logbook,
    ) -> Result<Self, StartError> {
        let given = Arc::new(Given {
            identity,
            inputs: recorded_inputs::<F>(book, id, identity)?,
            resources,
        });
        Self::attach(id.clone(), given, engine, book, Intent::GoOn)
    }

    /// Tells `listener` what happens to the run when this handle, or a control made by it from
    /// here on, drives it or records something of it; see [`listen`](crate::listen). Several can
    /// be attached, beside those that the run was started with.
    #[must_use]
    pub fn listen(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.add(listener);
        self
    }

    /// The id of the run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The inputs of the run.
    #[must_use]
    pub fn inputs(&self) -> &F::Inputs {
        &self.given.inputs
    }

    /// What has become of the run.
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn state(&self) -> Result<RunState, StartError> {
        let summary = self.book.run_summary(&self.id)?;
        Ok(summary
            .ok_or_else(|| StartError::NoSuchRun(self.id.clone()))?
            .state)
    }

    /// The paths of the tasks that are done, in the order of definition: they do not run again.
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn done(&self) -> Result<Vec<String>, StartError> {
        self.tasks(|state| matches!(state, State::Done | State::Skipped))
    }

    /// The paths of the tasks of which a person has to say whether they happened, with
    /// [`resolve`](RunHandle::resolve).
    ///
    /// A run that a crash has interrupted asks nothing before [`wait`](RunHandle::wait) has taken
    /// it up and stopped with [`RunError::Stopped`].
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn asked(&self) -> Result<Vec<String>, StartError> {
        self.tasks(|state| state == State::Asked)
    }

    fn tasks(&self, matches: impl Fn(State) -> bool) -> Result<Vec<String>, StartError> {
        let history = history(self.book, &self.id)?;
        // Another thread may drive the run: what was read counts from here on.
        self.book.catch_up()?;
        let replayed = replay(self.book, F::PLAN, &history)?;
        let machine = &replayed.machine;
        let atoms = machine.tasks().into_iter();
        let atoms = atoms.filter(|&atom| matches(machine.state(atom)));
        Ok(atoms.map(|atom| machine.path(atom)).collect())
    }

    /// Drives the run to its end and says what it results in.
    ///
    /// A run that is under way in another thread of this process is waited for, and its end is
    /// told. A run that had ended is not run again: its end is told, except that the first call
    /// after `continue_or_start` or `resume` goes on with a run that had failed.
    ///
    /// # Errors
    ///
    /// If a task fails or had failed, if a person's answer is needed, or if the logbook fails.
    pub fn wait(&self) -> E::Ran<'b>
    where
        E: Engine<F::Steps, F::Output>,
        F: 'b,
    {
        let intent = {
            let mut intent = self.intent.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *intent, Intent::Attach)
        };
        self.drive(intent, Take::take)
    }

    /// Goes on with a run that failed, from where it failed; or with a revert that failed. A run
    /// that is under way in another thread is waited for instead.
    ///
    /// # Errors
    ///
    /// As [`wait`](RunHandle::wait).
    pub fn rerun(&self) -> E::Ran<'b>
    where
        E: Engine<F::Steps, F::Output>,
        F: 'b,
    {
        self.drive(Intent::GoOn, Take::take)
    }

    /// Undoes what is in place of a run that failed and was kept, waits for an answer, was
    /// interrupted, or could not be undone before.
    ///
    /// It succeeds if nothing is left in place.
    ///
    /// # Errors
    ///
    /// If the run succeeded, if something is left in place, or if the logbook fails.
    pub fn revert(&self) -> <E as Engine<F::Steps, ()>>::Ran<'b>
    where
        E: Engine<F::Steps, ()>,
        F: 'b,
    {
        self.drive(Intent::Revert, |_| ())
    }

    /// What others may ask of the run while it is driven: to be given to other threads.
    #[must_use]
    pub fn control(&self) -> RunControl<F> {
        RunControl::new(self.id.clone(), self.given.clone(), self.book.clone())
            .heard_by(&self.listeners)
    }

    /// As [`RunControl::suspend`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn suspend(&self) -> Result<(), StartError> {
        self.control().suspend()
    }

    /// As [`RunControl::cancel`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn cancel(&self, undo: Undo) -> Result<(), StartError> {
        self.control().cancel(undo)
    }

    /// As [`RunControl::signal`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn signal<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<(), StartError> {
        self.control().signal(name, value)
    }

    /// As [`RunControl::resolve`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn resolve(&self, task: &str, how: Resolution) -> Result<(), StartError> {
        self.control().resolve(task, how)
    }

    /// Drives a run whose first records are appended and not yet written.
    pub(crate) fn drive_new(self, log: RunLog) -> E::Ran<'b>
    where
        E: Engine<F::Steps, F::Output>,
        F: 'b,
    {
        let flow = self.given.identity;
        let Opened { steps, take } = F::open(self.given);
        let deadline = log.deadline_ms();
        let run = Run::new(steps, F::PLAN, flow, Some(log), deadline, &self.listeners);
        self.engine.drive(Job(Prepared::Run {
            run,
            output: Output::Fresh(take),
        }))
    }

    fn drive<T>(
        &self,
        intent: Intent,
        result: impl FnOnce(Taken<'b, F::Output>) -> T + 'b,
    ) -> <E as Engine<F::Steps, T>>::Ran<'b>
    where
        E: Engine<F::Steps, T>,
        F: 'b,
        T: 'b,
    {
        let prepared = self.prepare(intent, result);
        self.engine.drive(Job(
            prepared.unwrap_or_else(|error| Prepared::Ready(Err(error.into())))
        ))
    }

    /// Reads the run's records and decides what is to be done.
    fn prepare<T>(
        &self,
        intent: Intent,
        result: impl FnOnce(Taken<'b, F::Output>) -> T + 'b,
    ) -> Result<Prepared<'b, F::Steps, T>, StartError>
    where
        F: 'b,
        T: 'b,
    {
        let (log, waited) = self.claim()?;
        // The failure of the driver that was waited for is news, and not what was to be repaired.
        let intent = match intent {
            Intent::GoOn if waited => Intent::Attach,
            intent => intent,
        };
        let history = history(self.book, &self.id)?;
        check_plan::<F>(&history)?;
        let mut replayed = replay(self.book, F::PLAN, &history)?;
        let next = self.next(&mut replayed, intent)?;
        if matches!(next, Next::TellAgain) {
            replayed.machine.tell_again();
        }
        let Opened { steps, take } = F::open(self.given.clone());
        let listeners = match next {
            Next::Drive => &self.listeners,
            // Nothing of it is recorded.
            Next::Tell(_) | Next::TellAgain => &Listeners::default(),
        };
        let flow = self.given.identity;
        let run = Run::taken_up(steps.clone(), F::PLAN, flow, replayed, log, listeners);
        match next {
            Next::TellAgain => {
                let output = move |end| conclude_again(end, steps, take, result);
                Ok(Prepared::Run {
                    run: run.unrecorded(),
                    output: Output::TakenUp(Box::new(output)),
                })
            }
            Next::Drive => {
                let output = move |end| conclude_stored(end, intent, steps, take, result);
                Ok(Prepared::Run {
                    run,
                    output: Output::TakenUp(Box::new(output)),
                })
            }
            Next::Tell(over) => {
                let mut end = run.finish();
                end.told = Some(over);
                Ok(Prepared::Ready(conclude_stored(
                    end, intent, steps, take, result,
                )))
            }
        }
    }

    /// The right to drive the run, and whether it had to be waited for because another thread had
    /// it.
    fn claim(&self) -> Result<(RunLog, bool), StartError> {
        let mut waited = false;
        loop {
            match self.book.claim(&self.id)? {
                Claim::Taken(log) => return Ok((log, waited)),
                Claim::Running => {
                    waited = self.book.wait_released(&self.id);
                    if !waited {
                        return Err(StartError::NotNow {
                            id: self.id.clone(),
                            why: "is under way on this very thread, which cannot wait for itself; \
                                  wait in another thread, or outside of the run's own tasks"
                                .to_owned(),
                        });
                    }
                }
                Claim::Unknown => return Err(StartError::NoSuchRun(self.id.clone())),
            }
        }
    }

    /// Applies what takes the run up, if it is to be taken up.
    fn next(&self, replayed: &mut Replayed, intent: Intent) -> Result<Next, StartError> {
        let not_now = |why: &str| StartError::NotNow {
            id: self.id.clone(),
            why: why.to_owned(),
        };
        let request = match (replayed.machine.over(), intent) {
            (Some(End::Reverted), Intent::Revert) => return Ok(Next::Tell(End::Reverted)),
            (Some(End::Succeeded), Intent::Revert) => {
                return Err(not_now("succeeded, and what succeeded is not undone"));
            }
            (_, Intent::Revert) | (Some(End::RevertFailed), Intent::GoOn) => Some(Request::Revert),
            (Some(End::Failed | End::Suspended), Intent::GoOn) => Some(Request::Rerun),
            (Some(End::Succeeded), _) if replayed.machine.lacks_output() => {
                return Ok(Next::TellAgain);
            }
            (Some(End::Succeeded), _) => return Ok(Next::Tell(End::Succeeded)),
            (Some(end @ (End::Failed | End::RevertFailed | End::Reverted)), _) => {
                return Ok(Next::Tell(end));
            }
            (Some(End::Waiting), _) if replayed.machine.is_asking() => {
                return Ok(Next::Tell(End::Waiting));
            }
            (Some(End::Suspended), Intent::Attach) => return Ok(Next::Tell(End::Suspended)),
            (Some(End::Cancelled), _) => return Ok(Next::Tell(End::Cancelled)),
            // It was to be suspended when its process died.
            (None, Intent::GoOn) if replayed.machine.is_to_suspend() => Some(Request::Rerun),
            (None | Some(End::Waiting | End::Interrupted), _) => None,
        };
        let failed = replayed.machine.over() == Some(End::Failed);
        replayed.apply(Event::Resume, Kind::Resume, 0, &[]);
        if let Some(request) = request {
            let bytes = logbook::request(None, &request.bytes());
            if !replayed.apply(Event::Request(request), Kind::Request, 0, &bytes) {
                return Err(not_now("is in no state for that"));
            }
            if failed && request == Request::Rerun {
                replayed.failures.tasks.clear();
            }
        }
        Ok(Next::Drive)
    }
}

pub(super) fn history(book: &Logbook, id: &RunId) -> Result<History, StartError> {
    book.history(id)?
        .ok_or_else(|| StartError::NoSuchRun(id.clone()))
}

/// Refuses a run whose plan is not the flow's.
pub(super) fn check_plan<F: Runnable>(history: &History) -> Result<(), StartError> {
    let begin = &history.begin;
    if begin.plan == F::PLAN.fingerprint() {
        return Ok(());
    }
    let stored: StoredPlan = logbook::decode(&history.plan).map_err(LogbookError::from)?;
    Err(StartError::Refused {
        id: begin.id.clone(),
        diff: PlanDiff {
            flow: begin.flow.clone(),
            version: begin.version,
            changes: stored.diff(&StoredPlan::of(F::PLAN)),
        },
    })
}

/// What a run results in that was taken up.
fn conclude_stored<'t, O, T, D: ?Sized + Steps>(
    mut end: Finished,
    intent: Intent,
    steps: Arc<D>,
    take: Taken<'t, O>,
    result: impl FnOnce(Taken<'t, O>) -> T,
) -> Result<T, RunError> {
    let over = end.end()?;
    match end.error(over) {
        // The failure is why it was undone, and that is what was asked for.
        Some(RunError::Failed(_)) if intent == Intent::Revert && over == End::Reverted => {}
        Some(error) => return Err(error),
        None => end.load_output(&*steps)?,
    }
    drop(steps);
    Ok(result(take))
}

/// What a run results in that had succeeded, and whose output had to be made again in part.
fn conclude_again<'t, O, T, D: ?Sized + Steps>(
    end: Finished,
    steps: Arc<D>,
    take: Taken<'t, O>,
    result: impl FnOnce(Taken<'t, O>) -> T,
) -> Result<T, RunError> {
    match end.first_failure() {
        Some(failure) => Err(RunError::Lost {
            run: end.facts.id().clone(),
            failure: failure.clone(),
        }),
        None => conclude_stored(end, Intent::Attach, steps, take, result),
    }
}

impl<F: Runnable, E: ?Sized> fmt::Debug for RunHandle<'_, F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle")
            .field("flow", &self.given.identity.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
