//! What others ask of a run that is under way: other threads over its desk, other processes by
//! letters.
//!
//! A request is taken, looked at outside of the lock, since reading a value is code of others, and
//! then applied and recorded like everything else that happens.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::{Core, clock, worker};
use crate::flow::{Op, Steps};
use crate::logbook::{self, Ask, Asked, Kind, Letter, LogbookError, Told, Value};
use crate::machine::{Answer, Event, Machine, Place, Request, State};

/// How often a driver looks for letters while tasks run.
const LOOK: Duration = Duration::from_millis(50);
/// How long a driver sleeps at most that waits for letters or requests.
const DOZE: Duration = Duration::from_millis(200);

/// A request on its way.
pub(super) struct Pending {
    request: Result<Request, String>,
    /// What it brings, and where that belongs.
    value: Option<(Place, Value)>,
    /// The value as it is recorded.
    bytes: Vec<u8>,
    from: From,
}

enum From {
    Desk(Sender<Result<(), String>>),
    Letter(Box<Letter>),
}

impl Core {
    /// Whether somebody may have asked for something.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        let Some(log) = &self.log else {
            return false;
        };
        log.desk().is_busy()
            || log.has_letterbox() && self.looked.is_none_or(|looked| looked.elapsed() >= LOOK)
    }

    /// Whether there is something to attend to.
    #[cfg(feature = "parallel")]
    pub(super) fn is_due(&self) -> bool {
        self.is_asked() && !self.attended
            || self
                .machine
                .next_due()
                .is_some_and(|due| due <= clock::now())
    }

    /// Whether a point in time is waited for that comes before the one that a parked worker knows of.
    #[cfg(feature = "parallel")]
    pub(super) fn is_due_sooner(&self) -> bool {
        let due = self.machine.next_due();
        due.is_some_and(|due| self.awaited.is_none_or(|awaited| due < awaited))
    }

    /// Takes what others ask for.
    #[cold]
    pub(super) fn take_requests(&mut self) -> Result<Vec<Pending>, LogbookError> {
        let Some(log) = &self.log else {
            return Ok(Vec::new());
        };
        let asked = log.desk().take();
        let asked = asked
            .into_iter()
            .map(|Asked { ask, answer }| Pending::new(ask, From::Desk(answer), &self.machine));
        let mut pending: Vec<_> = asked.collect();
        if log.has_letterbox() {
            self.looked = Some(Instant::now());
            for letter in log.letters()? {
                let ask = letter.ask.clone();
                let from = From::Letter(Box::new(letter));
                pending.push(Pending::new(ask, from, &self.machine));
            }
        }
        Ok(pending)
    }

    /// Applies and records what is asked for, and answers.
    pub(super) fn apply_requests(&mut self, pending: Vec<Pending>) -> Result<(), LogbookError> {
        for mut pending in pending {
            let applied = match pending.request.clone() {
                Ok(request) => self.apply_request(request, &mut pending),
                Err(why) => Err(why),
            };
            // What is said to be done is recorded.
            if applied.is_ok()
                && let Some(commit) = self.append()
            {
                commit?.wait()?;
                self.acknowledge();
            }
            let Some(log) = &self.log else {
                continue;
            };
            match (pending.from, applied) {
                // Nobody may be left to hear it.
                (From::Desk(answer), applied) => drop(answer.send(applied)),
                (From::Letter(letter), Ok(())) => log.applied(&letter)?,
                (From::Letter(letter), Err(why)) => {
                    log.refuse(&letter, &format!("the run {why}"))?;
                }
            }
        }
        Ok(())
    }

    fn apply_request(&mut self, request: Request, pending: &mut Pending) -> Result<(), String> {
        let state = self.machine.over();
        if let Request::Resolve(atom, _) | Request::Signal(atom) = request {
            self.places.keep(&self.machine, atom);
        }
        self.machine
            .on(Event::Request(request))
            .map_err(|_| match state {
                Some(_) => "is over".to_owned(),
                None => "is in no state for that".to_owned(),
            })?;
        let letter = match &pending.from {
            From::Letter(letter) => Some(letter.id),
            From::Desk(_) => None,
        };
        let atom = match request {
            Request::Resolve(atom, _) | Request::Signal(atom) => atom,
            _ => 0,
        };
        let bytes = [&request.bytes()[..], &pending.bytes].concat();
        self.batch
            .push(Kind::Request, atom, &logbook::request(letter, &bytes));
        if let Request::Resolve(atom, Answer::Fail) = request {
            let failure = crate::failure::Failure::resolved();
            self.failures.tasks.insert(atom, failure);
        }
        Ok(())
    }

    /// How long a driver may sleep that has nothing to do, or nothing if it is to look at once.
    pub(super) fn doze(&self) -> Option<Duration> {
        let due = self.machine.next_due().map(clock::until);
        let looks = self.log.is_some().then_some(DOZE);
        [due, looks].into_iter().flatten().min()
    }
}

impl Pending {
    fn new(ask: Ask, from: From, machine: &Machine) -> Self {
        let mut value = None;
        let request = request(ask, machine, &mut value);
        Self {
            request,
            value,
            bytes: Vec::new(),
            from,
        }
    }

    /// Reads what the request brings, into the slot that it is for.
    pub(super) fn read<D: ?Sized + Steps>(&mut self, steps: &D) {
        let Some((place, value)) = self.value.take() else {
            return;
        };
        match read(steps, &place, value) {
            Ok(bytes) => self.bytes = bytes,
            Err(why) => self.request = Err(why),
        }
    }
}

/// Reads a value into the slot that it is for; as it is recorded.
pub(crate) fn read<D: ?Sized + Steps>(
    steps: &D,
    place: &Place,
    value: Value,
) -> Result<Vec<u8>, String> {
    let (atom, within) = place.code();
    let mut encoded = Vec::new();
    let bytes = match value {
        Value::Bincode(bytes) => {
            let load = || steps.step(atom, &within, Op::Load(&bytes.0));
            worker::caught(load).map(|_| bytes.0)
        }
        Value::Sealed(_) => return Err("needs a value that is not sealed any more".to_owned()),
        Value::Json(text) => {
            let parse = || steps.step(atom, &within, Op::Parse(&text, &mut encoded));
            worker::caught(parse).map(|_| encoded)
        }
    };
    bytes.map_err(|failure| {
        let (what, why) = (place.path(), failure.message());
        if place.last().plan.atom(place.last().atom).kind.is_task() {
            format!("needs what `{what}` returns as an answer: {why}")
        } else {
            format!("needs a value of the type that `{what}` provides: {why}")
        }
    })
}

/// What is asked for, to a machine.
pub(crate) fn request(
    ask: Ask,
    machine: &Machine,
    value: &mut Option<(Place, Value)>,
) -> Result<Request, String> {
    Ok(match ask {
        Ask::Suspend => Request::Suspend,
        Ask::Interrupt => Request::Interrupt,
        Ask::Cancel { revert: false } => Request::Cancel,
        Ask::Cancel { revert: true } | Ask::Revert => Request::Revert,
        Ask::Rerun => Request::Rerun,
        Ask::Signal { name, value: given } => {
            let signals = machine.signals();
            let mut waiting = signals.iter().copied();
            let Some(atom) = waiting.find(|&atom| machine.path(atom) == name) else {
                return Err(not_waiting(&name, machine, &signals));
            };
            *value = machine.place(atom).map(|place| (place, given));
            Request::Signal(atom)
        }
        Ask::Resolve { task, answer } => {
            let asked = |atom: &u32| machine.state(*atom) == State::Asked;
            let tasks: Vec<u32> = machine.tasks().into_iter().filter(asked).collect();
            let mut found = tasks.iter().copied();
            let Some(atom) = found.find(|&atom| machine.path(atom) == task) else {
                let tasks: Vec<String> = machine
                    .tasks()
                    .into_iter()
                    .map(|atom| machine.path(atom))
                    .collect();
                return Err(if tasks.contains(&task) {
                    format!(
                        "does not wait for an answer about `{task}`; after a `wait`, `asked` says \
                         about which tasks it does"
                    )
                } else {
                    format!("has no task `{task}`; it has `{}`", tasks.join("`, `"))
                });
            };
            let answer = match answer {
                Told::Rerun => Answer::Rerun,
                Told::Fail => Answer::Fail,
                Told::Done(given) => {
                    *value = machine.place(atom).map(|place| (place, given));
                    Answer::Done
                }
            };
            Request::Resolve(atom, answer)
        }
    })
}

fn not_waiting(name: &str, machine: &Machine, signals: &[u32]) -> String {
    let names: Vec<String> = signals.iter().map(|&atom| machine.path(atom)).collect();
    if names.is_empty() {
        format!("does not wait for a signal `{name}`, nor for any other")
    } else {
        let names = names.join("`, `");
        format!("does not wait for a signal `{name}`; it waits for `{names}`")
    }
}

impl<D: ?Sized + Steps> super::Alone<'_, D> {
    /// Attends to what others ask for.
    #[inline]
    pub(super) fn attend(&mut self) -> Result<(), LogbookError> {
        if !self.core.is_asked() {
            return Ok(());
        }
        let mut pending = self.core.take_requests()?;
        for pending in &mut pending {
            pending.read(&*self.stage.steps);
        }
        self.core.apply_requests(pending)
    }

    /// Waits until something may have changed, with nothing to do until then.
    pub(crate) fn wait(&mut self) {
        let Some(timeout) = self.core.doze() else {
            unreachable!("a run that nobody else works at waits for a time or for others")
        };
        match &self.core.log {
            Some(log) => {
                log.desk().set_waits(true);
                log.desk().wait(timeout);
                log.desk().set_waits(false);
            }
            None => std::thread::sleep(timeout),
        }
    }
}
