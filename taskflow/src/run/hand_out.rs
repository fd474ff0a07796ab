//! What a run hands out to be done, with everything that a worker has to know of it.

use std::time::SystemTime;

use super::worker::{Gather, More, Plain};
use super::{Core, Work, clock};
use crate::failure::Failure;
use crate::logbook::Kind;
use crate::machine::{Command, Ended, Event};

impl Core {
    /// Tasks of which there is nothing to know but how often they were started, if such are next.
    #[inline]
    pub(super) fn give_out_plain(&mut self, room: usize, plain: &mut Vec<Plain>) -> bool {
        if !self.is_loose || !self.failures.is_empty() {
            return false;
        }
        let Some(mut tasks) = self.machine.tasks_alone() else {
            return false;
        };
        while plain.len() < room
            && let Some(atom) = tasks.start_next()
        {
            let (attempt, reverts) = tasks.counts(atom);
            plain.push(Plain {
                atom,
                attempt,
                reverts,
            });
        }
        !plain.is_empty()
    }

    /// Announces what is to be done, and puts it to the rest.
    // The short way for what most of it is; as the machine's own.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn give_out(&mut self, command: Command, work: &mut Vec<Work>) {
        if let Command::Run(atom) = command
            && let Some((starts, reverts, undoing)) = self.machine.counts_untimed(atom)
        {
            self.on(Event::Start(atom));
            self.failures.forget(atom);
            self.push(Kind::Start, atom, &[]);
            work.push(Work {
                undoing,
                ..Work::new(command, starts + 1, reverts)
            });
        } else {
            self.give_out_other(command, work);
        }
    }

    fn give_out_other(&mut self, command: Command, work: &mut Vec<Work>) {
        let (atom, kind, event, starts) = match command {
            Command::Run(atom) | Command::Open(atom) => (atom, Kind::Start, Event::Start(atom), 1),
            Command::Revert(atom, _) => (atom, Kind::Revert, Event::Revert(atom), 0),
            Command::Stretch(_) => unreachable!("the machine gives it out when it is asked for it"),
            Command::Close(atom) => {
                let close = self.close(atom);
                work.push(close);
                return;
            }
            Command::Consult(atom) => {
                let consult = self.consult(atom);
                work.push(consult);
                return;
            }
        };
        let about = self.machine.about(atom);
        let undoing = kind == Kind::Revert || about.undoing;
        let deadline = if kind == Kind::Revert {
            within(about.revert_timeout_ms, None)
        } else {
            within(about.timeout_ms, about.until)
        };
        self.on(event);
        if kind == Kind::Start {
            self.failures.forget(atom);
            if let (Some(place), false) = (&about.place, undoing) {
                self.facts.stopped.begin(place);
            }
        }
        self.push(kind, atom, &[]);
        let mut more = None;
        if let Command::Revert(_, ended) = command {
            more = self.more_of_revert(atom, ended);
        }
        if let Some(deadline) = deadline {
            more.get_or_insert_default().deadline = Some(deadline);
        }
        work.push(Work {
            undoing,
            place: about.place,
            more,
            ..Work::new(command, about.starts + starts, about.reverts)
        });
    }

    /// What a revert is told.
    #[cold]
    pub(super) fn more_of_revert(&self, atom: u32, ended: Ended) -> Option<Box<More>> {
        let missing = self.machine.missing(atom);
        let missing = missing.map(|atom| self.machine.path(atom));
        let failure = match ended {
            Ended::Failed => self.failures.tasks.get(&atom).cloned(),
            Ended::Done | Ended::Unknown => None,
        };
        let is_any = missing.is_some() || failure.is_some();
        is_any.then(|| {
            Box::new(More {
                failure,
                missing,
                ..More::default()
            })
        })
    }

    /// Items of a map to be run in one go, if such are next; nobody records them.
    pub(super) fn give_out_stretch(&mut self, len: u32, work: &mut Vec<Work>) -> bool {
        let Some(stretch) = self.machine.next_stretch(len) else {
            return false;
        };
        let about = self.machine.about(stretch.first);
        self.on(Event::Stretch(stretch));
        let more = |deadline| {
            Box::new(More {
                deadline: Some(deadline),
                ..More::default()
            })
        };
        work.push(Work {
            place: about.place,
            more: within(0, about.until).map(more),
            ..Work::new(Command::Stretch(stretch), 1, 0)
        });
        true
    }

    /// What a group provides is to be put together.
    #[cold]
    pub(super) fn close(&mut self, atom: u32) -> Work {
        self.on(Event::Close(atom));
        let gather = self.machine.opened_at(atom).map(|opened| {
            let failure = |(&body, cause): (&u32, &u32)| {
                let lost = || Failure::new("it failed");
                let failure = self.failures.tasks.get(cause).cloned();
                (body, failure.unwrap_or_else(lost))
            };
            Gather {
                failures: opened.lost.iter().map(failure).collect(),
                opened,
            }
        });
        let more = More {
            gather,
            ..More::default()
        };
        Work {
            more: Some(Box::new(more)),
            place: self.machine.place_within(atom),
            ..Work::new(Command::Close(atom), 0, 0)
        }
    }

    /// The controller of a retry is to decide what follows a failed attempt.
    #[cold]
    pub(super) fn consult(&mut self, atom: u32) -> Work {
        let attempts = self.failures.note_attempt(&self.machine, atom);
        self.on(Event::Consult(atom));
        let more = More {
            attempts,
            ..More::default()
        };
        Work {
            more: Some(Box::new(more)),
            place: self.machine.place_within(atom),
            ..Work::new(Command::Consult(atom), 0, 0)
        }
    }
}

/// When something is to be over that starts now, may take so many milliseconds if any, and has to
/// be over by then.
#[inline]
fn within(timeout_ms: u64, until: Option<u64>) -> Option<SystemTime> {
    if timeout_ms == 0 && until.is_none() {
        return None;
    }
    let own = (timeout_ms > 0).then(|| clock::after(timeout_ms));
    let until = [own, until].into_iter().flatten().min()?;
    clock::point(until)
}
