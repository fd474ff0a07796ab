//! A run of a runner, for who started it or asks for it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pool::{Ticket, not_now};
use super::registered::{Known, Registered};
use super::{Served, Shared};
use crate::handle::{Intent, Undo};
use crate::logbook::{RunId, RunState};
use crate::run::{Resolution, RunError, StartError};

/// A run of a [`Runner`](crate::Runner). Clones are handles on the same run.
///
/// Dropping a handle does nothing to the run.
pub struct RunnerHandle<F: Served> {
    shared: Arc<Shared>,
    flow: Arc<Registered<F>>,
    id: RunId,
    /// The drive that the handle was made for, if there was one.
    ticket: Option<Arc<Ticket>>,
}

impl<F: Served> RunnerHandle<F> {
    pub(super) fn new(
        shared: Arc<Shared>,
        flow: Arc<Registered<F>>,
        id: RunId,
        ticket: Option<Arc<Ticket>>,
    ) -> Self {
        Self {
            shared,
            flow,
            id,
            ticket,
        }
    }

    /// The id of the run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The inputs of the run.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or if the logbook fails.
    pub fn inputs(&self) -> Result<F::Inputs, StartError> {
        self.flow.inputs(&self.id)
    }

    /// What has become of the run; one that waits for a thread of the runner is `Running`.
    ///
    /// # Errors
    ///
    /// If the logbook fails.
    pub fn state(&self) -> Result<RunState, StartError> {
        Ok(self.shared.summary(&self.id)?.state)
    }

    /// Waits until the run has come to stand, and says what it results in.
    ///
    /// The output is read from the logbook for each call, so that any number of threads can wait
    /// for it. A part of it that is not stored is made again by its `transient` task, on the thread
    /// that waits.
    ///
    /// # Errors
    ///
    /// If a task fails or had failed, if a person's answer is needed, if the runner drains, or if
    /// the logbook fails; also if the run is interrupted and nobody takes it up, as one that was
    /// set aside.
    pub fn wait(&self) -> Result<F::Output, RunError> {
        self.wait_until(None)
            .unwrap_or_else(|| unreachable!("without a deadline, the end is waited for"))
    }

    /// As [`wait`](RunnerHandle::wait), but no longer than `within`: `None` if the run is under way
    /// even then.
    #[must_use]
    pub fn wait_timeout(&self, within: Duration) -> Option<Result<F::Output, RunError>> {
        // A time that there is not is never reached.
        self.wait_until(Instant::now().checked_add(within))
    }

    fn wait_until(&self, deadline: Option<Instant>) -> Option<Result<F::Output, RunError>> {
        let ticket = match self.under_way() {
            Ok(ticket) => ticket,
            Err(error) => return Some(Err(error.into())),
        };
        if let Some(ticket) = ticket
            && let Err(error) = ticket.wait(deadline)?
        {
            return Some(Err(error));
        }
        Some(self.told())
    }

    /// What to wait for, if the run is under way.
    fn under_way(&self) -> Result<Option<Arc<Ticket>>, StartError> {
        if let Some(ticket) = self.shared.pool.active(&self.id) {
            return Ok(Some(ticket));
        }
        if !self.shared.book.is_driven(&self.id) {
            return Ok(None);
        }
        // It is driven without the runner: a thread of it attaches.
        self.take_up(Intent::Attach).map(Some)
    }

    /// How the run has ended, which nobody drives.
    fn told(&self) -> Result<F::Output, RunError> {
        let run = self.shared.summary(&self.id)?;
        if !run.is_to_be_taken_up() {
            return self.flow.output(&self.id);
        }
        // Only who drove it knows why it stopped.
        if let Some(ticket) = &self.ticket
            && let Some(Err(error)) = ticket.wait(Some(Instant::now()))
        {
            return Err(error);
        }
        let why = match self.shared.set_aside(&run) {
            Some(resumes) => format!(
                "is set aside, as it was taken up {resumes} times and nothing came of it; \
                 `resume` takes it up by hand"
            ),
            None => format!(
                "is {}, and nobody takes it up; `recover` does, or `resume`",
                run.state
            ),
        };
        Err(not_now(&self.id, why).into())
    }

    /// Takes the run up by hand, as [`Runner::resume`](crate::Runner::resume);
    /// [`wait`](RunnerHandle::wait) then waits for it.
    ///
    /// # Errors
    ///
    /// If it cannot be taken up, or if the runner drains.
    pub fn resume(&self) -> Result<(), StartError> {
        let run = self.shared.summary(&self.id)?;
        if self.shared.is_under_way(&run) || !run.state.is_unfinished() {
            return Ok(());
        }
        self.flow.asked(&self.id)?;
        self.take_up(Intent::GoOn).map(drop)
    }

    /// Has what is in place of the run undone, if it failed and was kept, waits for an answer, was
    /// interrupted, or could not be undone before. It is queued when this returns;
    /// [`state`](RunnerHandle::state) says `Reverted` once nothing is left in place, and
    /// [`wait`](RunnerHandle::wait) tells why it was undone.
    ///
    /// # Errors
    ///
    /// If the run is under way, if it succeeded or is at another end, or if it cannot be taken up.
    pub fn revert(&self) -> Result<(), StartError> {
        let run = self.shared.summary(&self.id)?;
        let not_now = |why: &str| Err(not_now(&self.id, why.to_owned()));
        if self.shared.is_under_way(&run) {
            return not_now("is under way; wait for it first");
        }
        if !run.state.is_unfinished() {
            return not_now("is at its end, and is not undone any more");
        }
        self.flow.asked(&self.id)?;
        self.take_up(Intent::Revert).map(drop)
    }

    /// The paths of the tasks of which a person has to say whether they happened, with
    /// [`resolve`](RunnerHandle::resolve).
    ///
    /// # Errors
    ///
    /// If the run's records cannot be read.
    pub fn asked(&self) -> Result<Vec<String>, StartError> {
        self.flow.asked(&self.id)
    }

    /// Asks the run to stop, as [`RunControl::suspend`](crate::RunControl::suspend): it goes on when
    /// [`resume`](RunnerHandle::resume) is called, and not by itself.
    ///
    /// # Errors
    ///
    /// If the run is over, or if the logbook fails.
    pub fn suspend(&self) -> Result<(), StartError> {
        self.flow.control(&self.id)?.suspend()
    }

    /// Asks the run to end, as [`RunControl::cancel`](crate::RunControl::cancel), and to undo or to keep what was done.
    ///
    /// # Errors
    ///
    /// If the run is over, if the runner drains and it is to be undone, or if the logbook fails.
    pub fn cancel(&self, undo: Undo) -> Result<(), StartError> {
        self.flow.control(&self.id)?.cancel(undo)?;
        self.go_on()
    }

    /// Gives the run what a `signal` of that name waits for, as [`RunControl::signal`](crate::RunControl::signal).
    ///
    /// # Errors
    ///
    /// As there, and if the runner drains.
    pub fn signal<T>(&self, name: &str, value: &T) -> Result<(), StartError>
    where
        T: Serialize + DeserializeOwned,
    {
        self.flow.control(&self.id)?.signal(name, value)?;
        self.go_on()
    }

    /// As [`signal`](RunnerHandle::signal), with JSON that the run reads as the type that the flow
    /// says.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn signal_json(&self, name: &str, json: &str) -> Result<(), StartError> {
        self.flow.control(&self.id)?.signal_json(name, json)?;
        self.go_on()
    }

    /// Says whether a task happened of which nobody knows, as [`RunControl::resolve`](crate::RunControl::resolve). With the
    /// last answer that the run waits for, it goes on.
    ///
    /// # Errors
    ///
    /// As there, and if the runner drains.
    pub fn resolve(&self, task: &str, how: Resolution) -> Result<(), StartError> {
        self.flow.control(&self.id)?.resolve(task, how)?;
        self.go_on()
    }

    /// Has the run taken up that nobody drives, if nothing keeps it from going on.
    fn go_on(&self) -> Result<(), StartError> {
        match self.state()? {
            RunState::Interrupted => self.take_up(Intent::Attach).map(drop),
            _ => Ok(()),
        }
    }

    fn take_up(&self, intent: Intent) -> Result<Arc<Ticket>, StartError> {
        let flow: Arc<dyn Known> = self.flow.clone();
        self.shared.take_up(&flow, &self.id, intent)
    }
}

impl<F: Served> Clone for RunnerHandle<F> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            flow: self.flow.clone(),
            id: self.id.clone(),
            ticket: self.ticket.clone(),
        }
    }
}

impl<F: Served> fmt::Debug for RunnerHandle<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunnerHandle")
            .field("flow", &F::NAME)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
