//! What a run takes in: what has become of what was to be done, and what time brings.

use super::{Core, Outcome, clock, codes};
use crate::failure::{Failure, FailureKind};
use crate::logbook::{self, Kind};
use crate::machine::{Command, Event, Stretch, Undecided};
use crate::plan::Setup;
use crate::retry::Next;
use crate::settings::millis;

impl Core {
    /// A task is done, or a group has put together what it provides.
    // As the machine's own.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn done(&mut self, atom: u32, value: &[u8]) {
        self.on(Event::Done(atom));
        self.facts.forget_checkpoint(atom);
        self.push(Kind::Done, atom, value);
        self.failures.forget(atom);
    }

    pub(super) fn take_in(
        &mut self,
        command: Command,
        outcome: Outcome,
        bytes: &[u8],
        start: &mut usize,
    ) {
        match (command, outcome) {
            (Command::Run(atom) | Command::Close(atom), Outcome::Done { end }) => {
                self.done(atom, &bytes[*start..end]);
                *start = end;
            }
            (Command::Open(atom), Outcome::Opened(setup)) => self.open(atom, setup),
            (Command::Consult(atom), Outcome::Decided(next)) => self.decided(atom, next),
            (_, Outcome::Opened(_) | Outcome::Decided(_)) => {
                unreachable!("only a controller says that")
            }
            (Command::Open(atom), Outcome::Done { .. }) => self.fail(
                atom,
                Failure::new("it did not say what it does; that is a mistake of this library"),
            ),
            (Command::Consult(atom), Outcome::Done { .. }) => self.fail(
                atom,
                Failure::new(
                    "it began with a controller, which the flow does not have any more; give the \
                     `retry` its `with` again, or raise the flow's `version`",
                ),
            ),
            (
                Command::Run(atom)
                | Command::Open(atom)
                | Command::Close(atom)
                | Command::Consult(atom),
                Outcome::Failed(failure),
            ) => self.fail(atom, *failure),
            (Command::Run(atom) | Command::Open(atom), Outcome::Open) => {
                self.on(Event::Release(atom));
                self.push(Kind::Release, atom, &[]);
            }
            (Command::Revert(atom, _), Outcome::Done { .. }) => {
                self.on(Event::Reverted(atom));
                self.facts.forget_checkpoint(atom);
                self.push(Kind::Reverted, atom, &[]);
                self.failures.reverts.remove(&atom);
            }
            (Command::Revert(atom, _), Outcome::Failed(failure)) => {
                self.revert_fail(atom, *failure);
            }
            (Command::Stretch(stretch), Outcome::Stretch { done, failed }) => {
                self.end_stretch(stretch, done, failed);
            }
            (Command::Stretch(stretch), _) => self.end_stretch(stretch, 0, None),
            (_, Outcome::Stretch { .. }) => unreachable!("only items are run in one go"),
            (Command::Revert(..) | Command::Close(_) | Command::Consult(_), Outcome::Open) => {
                unreachable!("what was given out without a way back is done")
            }
        }
    }

    #[cold]
    pub(super) fn fail(&mut self, atom: u32, failure: Failure) {
        let (effect, refused) = (failure.leaves_effect(), failure.refused());
        let again = self
            .machine
            .may_retry(atom, refused, effect)
            .map(|(failed, retry)| clock::after(retry.backoff.wait_ms(failed)));
        self.on(Event::Fail {
            atom,
            effect,
            refused,
            again,
        });
        self.push_failure(Kind::Fail, atom, &failure, again);
        self.failures.tasks.insert(atom, failure);
        self.machine
            .find_stopped(atom, |body| self.facts.stopped.insert(body));
    }

    #[cold]
    pub(super) fn revert_fail(&mut self, atom: u32, failure: Failure) {
        // What is lost does not come back.
        let again = (failure.kind() != FailureKind::Lost)
            .then(|| self.machine.may_revert_again(atom, failure.refused()))
            .flatten()
            .map(|(failed, retry)| clock::after(retry.backoff.wait_ms(failed)));
        self.on(Event::RevertFail { atom, again });
        self.push_failure(Kind::RevertFail, atom, &failure, again);
        self.failures.reverts.insert(atom, failure);
    }

    /// A controller has worked out what it does.
    pub(super) fn open(&mut self, atom: u32, setup: Setup) {
        if !self.machine.has_room(atom, setup) {
            let failure = Failure::new(
                "a run has room for 4294967295 atoms, and this is more; let several runs share the items",
            );
            return self.fail(atom, failure);
        }
        if matches!(setup, Setup::Signal(_)) && self.log.is_none() {
            let failure = Failure::new(
                "nobody can give a run a value that is not recorded; run the flow with a logbook",
            );
            return self.fail(atom, failure);
        }
        let (at, until) = self.note_opened(atom, setup);
        self.on(Event::Open { atom, setup, until });
        if self.makes_records() {
            let payload = codes::encode_setup(setup, at);
            self.batch.push(Kind::Open, atom, &payload);
        }
    }

    /// The controller of a retry has decided.
    #[cold]
    pub(super) fn decided(&mut self, atom: u32, next: Next) {
        let until = match next {
            Next::Retry => Some(0),
            Next::RetryAfter(wait) => Some(codes::attempt_after(millis(wait))),
            Next::GiveUp => None,
        };
        // It may have come to a stop meanwhile.
        let until = until.filter(|_| self.machine.may_attempt(atom));
        self.attempt(atom, until);
    }

    /// A body that failed is undone and run again at that time, or not.
    #[cold]
    pub(super) fn attempt(&mut self, atom: u32, until: Option<u64>) {
        self.keep_place(atom);
        self.on(Event::Attempt { atom, until });
        self.push(Kind::Attempt, atom, &codes::encode_attempt(until));
    }

    /// Takes in that points in time have come.
    #[inline]
    pub(super) fn tick(&mut self) {
        if self.machine.next_due().is_some() {
            self.take_due();
        }
    }

    #[cold]
    pub(super) fn take_due(&mut self) {
        while let Some(atom) = self.machine.due(clock::now()) {
            self.keep_place(atom);
            self.on(Event::Due(atom));
            self.push(Kind::Due, atom, &[]);
            self.failures.note_due(&self.machine, atom);
            self.machine
                .find_stopped(atom, |body| self.facts.stopped.insert(body));
        }
    }

    /// Records a failure, and when there is another attempt if there is one.
    pub(super) fn push_failure(
        &mut self,
        kind: Kind,
        atom: u32,
        failure: &Failure,
        again: Option<u64>,
    ) {
        if self.makes_records() {
            let mut payload = Vec::new();
            logbook::encode(&(failure, again), &mut payload)
                .expect("texts and numbers can be encoded");
            self.batch.push(kind, atom, &payload);
        }
    }

    #[inline]
    pub(super) fn decide(&mut self) {
        while let Some(undecided) = self.machine.undecided() {
            match undecided {
                Undecided::Unknown(atom, decision) => {
                    self.keep_place(atom);
                    self.on(Event::Decide(atom, decision));
                    self.push(Kind::Decide, atom, &[decision.code()]);
                }
                Undecided::Attempt {
                    atom,
                    failed,
                    retry,
                } => {
                    let until = codes::attempt_after(retry.backoff.wait_ms(failed));
                    self.attempt(atom, Some(until));
                }
                Undecided::GiveUp(atom) => self.attempt(atom, None),
            }
        }
    }

    /// Some items have been run in one go.
    pub(super) fn end_stretch(
        &mut self,
        stretch: Stretch,
        done: u32,
        failed: Option<(u32, Box<Failure>)>,
    ) {
        self.on(Event::StretchDone {
            stretch,
            done,
            begun: failed.is_some(),
        });
        if let Some((failed, failure)) = failed {
            self.fail_item(stretch, done, failed, *failure);
        }
    }

    #[cold]
    pub(super) fn fail_item(&mut self, stretch: Stretch, done: u32, failed: u32, failure: Failure) {
        let Some(place) = self.machine.place(stretch.first) else {
            unreachable!("what was begun is in the run");
        };
        let plan = place.last().plan;
        let first = stretch.first + done * plan.len();
        // What was done in that item before it failed stands before it in the plan.
        for atom in plan.task_atoms().take_while(|&atom| atom < failed) {
            self.on(Event::Start(first + atom));
            self.on(Event::Done(first + atom));
        }
        self.on(Event::Start(first + failed));
        self.fail(first + failed, failure);
    }
}
