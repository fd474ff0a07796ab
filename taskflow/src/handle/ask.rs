//! What others may ask of a run: to stop, to end, to take what it waits for.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::control::{check_plan, history};
use crate::flow::{Given, Runnable};
use crate::listen::Listeners;
use crate::logbook::{
    self, Ask, Bytes, Claim, Kind, LetterId, Logbook, LogbookError, Reply, RunId, RunState, Told,
    Value,
};
use crate::machine::{Answer, End, Event, Request};
use crate::run::{Resolution, StartError, clock, read, replay, request};

/// How long it takes about to note something down.
const MOMENT: Duration = Duration::from_micros(100);

/// What is to become of what a run has done that is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// It is undone: the run ends [`Reverted`](RunState::Reverted).
    Revert,
    /// It stays: the run ends [`Cancelled`](RunState::Cancelled).
    Keep,
}

/// A run, for who does not drive it: other threads, a handler of Ctrl-C, a task of the run.
///
/// What is asked of a run that is under way is done by its driver, between one task and the next;
/// every method but [`suspend`](RunControl::suspend) and [`cancel`](RunControl::cancel) returns
/// when that is recorded. Of a run that is not under way in this process it is recorded at once.
/// Clones are cheap.
///
/// ```
/// use taskflow::{Logbook, RunError, RunState, Serial, flow, task};
///
/// #[task]
/// fn accept(approval: &String) -> String {
///     format!("accepted by {approval}")
/// }
///
/// flow! {
///     pub struct Order {} -> String
///     linear[signal(approval: String), accept]
/// }
///
/// let book = Logbook::memory();
/// let run = Order {}.start(&Serial, &book)?;
/// let control = run.control();
/// let clerk = std::thread::spawn(move || {
///     // Until the run waits for it, it cannot be given.
///     while control.signal("approval", &"eve".to_owned()).is_err() {
///         std::thread::yield_now();
///     }
/// });
/// assert_eq!(run.wait()?, "accepted by eve");
/// clerk.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RunControl<F: Runnable> {
    id: RunId,
    given: Arc<Given<F>>,
    book: Logbook,
    listeners: Listeners,
}

impl<F: Runnable> RunControl<F> {
    pub(crate) fn new(id: RunId, given: Arc<Given<F>>, book: Logbook) -> Self {
        Self {
            id,
            given,
            book,
            listeners: Listeners::default(),
        }
    }

    pub(crate) fn heard_by(mut self, listeners: &Listeners) -> Self {
        self.listeners = listeners.clone();
        self
    }

    /// The id of the run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
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

    /// Asks the run to stop: what runs finishes and is recorded, nothing new starts, and the run
    /// is [`Suspended`](RunState::Suspended). It goes on when a person has it resumed, and not by
    /// itself.
    ///
    /// Does not wait for a run that is under way: its driver's `wait` ends with
    /// [`RunError::Stopped`](crate::RunError::Stopped).
    ///
    /// # Errors
    ///
    /// If the run is over, or if the logbook fails.
    pub fn suspend(&self) -> Result<(), StartError> {
        self.ask(Ask::Suspend, false)
    }

    /// Asks the run to end: what runs finishes and is recorded, nothing new starts, and what was
    /// done is undone or kept.
    ///
    /// Does not wait for a run that is under way. One that is not, and is to be undone, is undone
    /// when it is taken up.
    ///
    /// # Errors
    ///
    /// If the run is over, or if the logbook fails.
    pub fn cancel(&self, undo: Undo) -> Result<(), StartError> {
        let revert = undo == Undo::Revert;
        self.ask(Ask::Cancel { revert }, false)
    }

    /// Gives the run what a `signal` of that name waits for; in a `map`, the name has the number
    /// of the item, such as `approval[3]`.
    ///
    /// # Errors
    ///
    /// If the run does not wait for that, if the value is not of the type that the flow says, or
    /// if the logbook fails.
    pub fn signal<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<(), StartError> {
        let mut bytes = Vec::new();
        logbook::encode_checked(value, &mut bytes).map_err(StartError::Inputs)?;
        let (name, value) = (name.to_owned(), Value::Bincode(Bytes(bytes)));
        self.ask(Ask::Signal { name, value }, true)
    }

    /// As [`signal`](RunControl::signal), with JSON that the run reads as the type that the flow
    /// says.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn signal_json(&self, name: &str, json: &str) -> Result<(), StartError> {
        let (name, value) = (name.to_owned(), Value::Json(json.to_owned()));
        self.ask(Ask::Signal { name, value }, true)
    }

    /// Says whether a task happened of which nobody knows; a `wait` of the run then goes on.
    ///
    /// # Errors
    ///
    /// If the run does not wait for an answer about that task, if the value is not of the type
    /// that the task returns, or if the logbook fails.
    pub fn resolve(&self, task: &str, how: Resolution) -> Result<(), StartError> {
        let value = how.value.map_err(StartError::Inputs)?;
        let answer = match how.answer {
            Answer::Rerun => Told::Rerun,
            Answer::Done => Told::Done(Value::Bincode(Bytes(value))),
            Answer::Fail => Told::Fail,
        };
        let task = task.to_owned();
        self.ask(Ask::Resolve { task, answer }, true)
    }

    fn ask(&self, ask: Ask, waits: bool) -> Result<(), StartError> {
        loop {
            match self.book.ask(&self.id, ask.clone()) {
                Some(Reply::From(receiver)) if waits => match receiver.recv() {
                    Ok(answer) => return answer.map_err(|why| self.not_now(why)),
                    // The driver has gone before it saw the request.
                    Err(_) => continue,
                },
                Some(Reply::From(_) | Reply::Inside) => return Ok(()),
                Some(Reply::ClosedInside) => {
                    return Err(self.not_now("comes to its end on this very thread, which cannot wait for itself; ask from \
                         another thread"
                            .to_owned()));
                }
                // Whoever has it goes in a moment.
                Some(Reply::Closed) => {
                    thread::sleep(MOMENT);
                    continue;
                }
                None => {}
            }
            match self.book.claim_shortly(&self.id)? {
                Claim::Taken(log) => return self.apply(ask, None, &log),
                Claim::Running => {}
                Claim::Unknown => return Err(StartError::NoSuchRun(self.id.clone())),
            }
        }
    }

    /// Applies what other processes ask of the run, if nobody drives it; else its driver does.
    /// Whether anything was applied.
    pub(crate) fn deliver(&self) -> Result<bool, LogbookError> {
        let Claim::Taken(log) = self.book.claim_shortly(&self.id)? else {
            return Ok(false);
        };
        let mut applied = false;
        for letter in log.letters()? {
            match self.apply(letter.ask.clone(), Some(letter.id), &log) {
                Ok(()) => {
                    log.applied(&letter)?;
                    applied = true;
                }
                // Nobody knows then what is recorded.
                Err(StartError::Book(
                    error @ (LogbookError::Io { .. } | LogbookError::Poisoned { .. }),
                )) => return Err(error),
                Err(error) => log.refuse(&letter, &error.to_string())?,
            }
        }
        Ok(applied)
    }

    /// Records what is asked for, by a letter or otherwise, of a run that nobody drives.
    fn apply(
        &self,
        ask: Ask,
        letter: Option<LetterId>,
        log: &logbook::RunLog,
    ) -> Result<(), StartError> {
        let history = history(&self.book, &self.id)?;
        check_plan::<F>(&history)?;
        let mut replayed = replay(&self.book, F::PLAN, &history)?;
        let mut value = None;
        let request =
            request(ask, &replayed.machine, &mut value).map_err(|why| self.not_now(why))?;
        let mut bytes = request.bytes().to_vec();
        if let Some((place, value)) = value {
            let opened = F::open(self.given.clone());
            let value = read(&*opened.steps, &place, value).map_err(|why| self.not_now(why))?;
            bytes.extend(value);
        }
        let atom = match request {
            Request::Resolve(atom, _) | Request::Signal(atom) => atom,
            // What was under way when its process ended is of unknown outcome.
            _ => {
                replayed.apply(Event::Resume, Kind::Resume, 0, &[]);
                0
            }
        };
        let bytes = logbook::request(letter, &bytes);
        if !replayed.apply(Event::Request(request), Kind::Request, atom, &bytes) {
            return Err(self.not_now("is in no state for that".to_owned()));
        }
        // It stands still, or still waits to be driven and for other answers.
        if let Some(end @ (End::Waiting | End::Suspended | End::Cancelled)) =
            replayed.machine.verdict()
        {
            let payload = logbook::end(end.state(), clock::now());
            replayed.apply(Event::End(end), Kind::End, 0, &payload);
        }
        let changes = replayed.changes();
        log.append(&replayed.batch)?.wait()?;
        // Who listens cannot wait for what it holds up.
        let _at = log.desk().enter();
        self.listeners.tell(&self.id, self.given.identity, changes);
        Ok(())
    }

    fn not_now(&self, why: String) -> StartError {
        StartError::NotNow {
            id: self.id.clone(),
            why,
        }
    }
}

impl<F: Runnable> Clone for RunControl<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            given: self.given.clone(),
            book: self.book.clone(),
            listeners: self.listeners.clone(),
        }
    }
}

impl<F: Runnable> fmt::Debug for RunControl<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunControl")
            .field("flow", &self.given.identity.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
