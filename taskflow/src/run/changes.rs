//! What records say, as it is told to those who listen.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{clock, replay};
use crate::failure::Failure;
use crate::listen::{AtomPath, Change, Decision, GroupKind, RunRequest, Wait};
use crate::logbook::{self, Batch};
use crate::machine::{self, Event, Machine, Place, RUN, Request};
use crate::plan::{Kind, Setup};
use crate::task::Retry;

/// The places of atoms in groups that have something noted of them and not told yet: the machine
/// forgets those that are over.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<(u32, Arc<Place>)>);

impl Places {
    /// To be called before something happens to an atom that may be the last of its body.
    pub(crate) fn keep(&mut self, machine: &Machine, atom: u32) {
        if let Some(place) = machine.place_within(atom) {
            self.0.push((atom, place));
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn path(&self, machine: &Machine, atom: u32) -> Option<AtomPath> {
        if let Some((_, place)) = self.0.iter().find(|&&(kept, _)| kept == atom) {
            return Some(AtomPath::within(place.clone()));
        }
        match machine.place_within(atom) {
            Some(place) => Some(AtomPath::within(place)),
            // It is an atom of the flow itself.
            None => machine
                .place(atom)
                .map(|place| AtomPath::here(place.last().plan, atom)),
        }
    }
}

/// What the records of a batch say, which the machine has taken in.
pub(crate) fn changes(batch: &Batch, machine: &Machine, places: &Places) -> Vec<Change> {
    let records = batch.entries();
    let changes = records.filter_map(|(kind, atom, payload)| {
        let event = replay::event(kind, atom, payload);
        change(event?, payload, machine, &|atom| places.path(machine, atom))
    });
    changes.collect()
}

/// What an event is to those who listen; nothing if it is of no account to them.
fn change(
    event: Event,
    payload: &[u8],
    machine: &Machine,
    path: &dyn Fn(u32) -> Option<AtomPath>,
) -> Option<Change> {
    Some(match event {
        Event::Resume => Change::RunTakenUp,
        Event::Request(request) => Change::Requested(requested(request, path)?),
        Event::End(end) => Change::RunEnded { state: end.state() },
        Event::Start(atom) => Change::TaskStarted {
            task: path(atom).filter(is_task)?,
            attempt: machine.starts(atom),
        },
        Event::Release(atom) => Change::TaskReleased {
            task: path(atom).filter(is_task)?,
        },
        Event::Done(atom) => {
            let path = path(atom)?;
            match path.kind() {
                Kind::Task => Change::TaskDone { task: path },
                Kind::Group(..) => Change::GroupDone { group: path },
                Kind::Join | Kind::Match | Kind::Sleep | Kind::Signal => return None,
            }
        }
        Event::Fail { atom, again, .. } => {
            let (failure, _): (Failure, Option<u64>) = logbook::decode(payload).ok()?;
            let path = path(atom)?;
            if is_task(&path) {
                let (task, again) = (path, again.map(point));
                Change::TaskFailed {
                    task,
                    failure,
                    again,
                }
            } else {
                let group = path;
                Change::GroupFailed { group, failure }
            }
        }
        Event::Open { atom, setup, until } => opened(path(atom)?, setup, until),
        Event::Checkpoint(atom) => Change::Checkpoint { task: path(atom)? },
        Event::Due(RUN) => Change::DeadlinePassed,
        Event::Due(atom) => Change::Due { atom: path(atom)? },
        Event::Attempt { atom, until: None } => Change::GivenUp { group: path(atom)? },
        Event::Attempt {
            atom,
            until: Some(until),
        } => Change::Retried {
            group: path(atom)?,
            not_before: (until > 0).then(|| point(until)),
        },
        Event::Decide(atom, decision) => Change::Decided {
            task: path(atom)?,
            decision: decided(decision),
        },
        Event::Revert(atom) => Change::RevertStarted { task: path(atom)? },
        Event::Reverted(atom) => Change::RevertDone { task: path(atom)? },
        Event::RevertFail { atom, again } => {
            let (failure, _): (Failure, Option<u64>) = logbook::decode(payload).ok()?;
            Change::RevertFailed {
                task: path(atom)?,
                failure,
                again: again.map(point),
            }
        }
        // No record says any of these.
        Event::Close(_)
        | Event::Consult(_)
        | Event::Signal(_)
        | Event::Stretch(_)
        | Event::StretchDone { .. } => return None,
    })
}

fn is_task(path: &AtomPath) -> bool {
    path.kind().is_task()
}

fn opened(path: AtomPath, setup: Setup, until: u64) -> Change {
    let kind = match setup {
        Setup::Sleep(_) => {
            let until = point(until);
            return Change::Waiting {
                atom: path,
                wait: Wait::Time { until },
            };
        }
        Setup::Signal(_) => {
            let until = (until > 0).then(|| point(until));
            return Change::Waiting {
                atom: path,
                wait: Wait::Signal { until },
            };
        }
        Setup::Arm(arm) => GroupKind::Match { arm },
        Setup::Retry(Retry { times, .. }) | Setup::Controlled { times } => {
            GroupKind::Retry { times }
        }
        Setup::Map {
            items,
            limit,
            tolerate,
        } => GroupKind::Map {
            items,
            limit,
            tolerate,
        },
        Setup::Try => GroupKind::Try,
        Setup::Timeout(_) => GroupKind::Timeout {
            until: point(until),
        },
        Setup::Limit(tasks) => GroupKind::Limit { tasks },
    };
    Change::GroupOpened { group: path, kind }
}

fn requested(request: Request, path: &dyn Fn(u32) -> Option<AtomPath>) -> Option<RunRequest> {
    Some(match request {
        Request::Rerun => RunRequest::Rerun,
        Request::Revert => RunRequest::Revert,
        Request::Suspend => RunRequest::Suspend,
        Request::Cancel => RunRequest::Cancel,
        Request::Interrupt => RunRequest::Interrupt,
        Request::Signal(atom) => RunRequest::Signal {
            signal: path(atom)?,
        },
        Request::Resolve(atom, _) => RunRequest::Resolve { task: path(atom)? },
    })
}

fn decided(decision: machine::Decision) -> Decision {
    match decision {
        machine::Decision::Rerun => Decision::Rerun,
        machine::Decision::Undo => Decision::Revert,
        machine::Decision::Ask => Decision::Ask,
        machine::Decision::Skip => Decision::Skip,
        machine::Decision::Leave => Decision::Leave,
    }
}

/// A recorded point in time; one that this system cannot tell is as far away as the end of the year
/// 9999.
fn point(ms: u64) -> SystemTime {
    const FAR: Duration = Duration::from_secs(253_402_300_799);
    clock::point(ms).unwrap_or_else(|| UNIX_EPOCH + FAR)
}
