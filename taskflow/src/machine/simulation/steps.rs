//! The steps of a run: each is recorded, and does to the world what the machine cannot see.

use super::{Simulation, assert_same, world};
use crate::machine::{Command, Event, Place, State, Undecided};
use crate::plan::Setup;

/// How something ends that was under way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    Done,
    Fail {
        effect: bool,
        refused: u32,
        /// How long it is waited before another attempt.
        wait: u64,
    },
    /// It did not begin.
    Release,
    /// It goes on, and has said how far it is.
    Checkpoint,
    Open(Setup),
    /// The controller of a retry wants another attempt after so long, or gives up.
    Decided(Option<u64>),
}

impl Simulation {
    pub(super) fn decide_one(&mut self, undecided: Undecided, wait: u64) {
        match undecided {
            Undecided::Unknown(atom, decision) => self.on(Event::Decide(atom, decision)),
            Undecided::Attempt {
                atom,
                failed,
                retry,
            } => {
                assert!(failed < retry.times, "{atom} is attempted too often");
                self.attempt(atom, failed, wait);
            }
            Undecided::GiveUp(atom) => self.on(Event::Attempt { atom, until: None }),
        }
    }

    /// A body is run again of which so many attempts have failed.
    fn attempt(&mut self, atom: u32, failed: u32, wait: u64) {
        let until = if wait == 0 { 0 } else { self.now + wait };
        let truth = self.world.truth(atom);
        assert_eq!(truth.tries, failed);
        truth.tries += 1;
        self.restarts.insert((atom, 0), true);
        let until = Some(until);
        self.on(Event::Attempt { atom, until });
    }

    /// The controller of a retry has decided.
    fn decided(&mut self, atom: u32, wait: Option<u64>) {
        let earlier = self.machine.earlier(atom);
        let failed = 1 + earlier.expect("it was consulted about an attempt");
        let Some(Setup::Controlled { times }) = self.world.truth(atom).setup else {
            panic!("{atom} has no controller");
        };
        assert!(failed < times, "{atom} is attempted too often");
        match wait.filter(|_| self.machine.may_attempt(atom)) {
            Some(wait) => self.attempt(atom, failed, wait),
            None => self.on(Event::Attempt { atom, until: None }),
        }
    }

    pub(super) fn begin(&mut self, command: Command) {
        let atom = command.atom();
        let place = self.machine.place(atom).expect("it is in the run");
        match command {
            Command::Run(_) | Command::Open(_) => {
                let state = self.machine.state(atom);
                assert!(
                    matches!(state, State::Pending | State::Unknown),
                    "{atom} is {state:?}"
                );
                assert!(
                    !self.machine.late || self.machine.is_undoing(atom),
                    "{atom} starts after the deadline"
                );
                self.begin_anew(&place);
                let is_run = matches!(command, Command::Run(_));
                assert_eq!(is_run, self.kind(atom).is_task());
                self.world.check_start(&self.machine, &place, is_run);
                self.on(Event::Start(atom));
            }
            Command::Stretch(_) => unreachable!("it has a beginning of its own"),
            Command::Close(_) => {
                assert_eq!(self.machine.state(atom), State::Running);
                self.on(Event::Close(atom));
            }
            Command::Consult(_) => {
                assert_eq!(self.machine.state(atom), State::Running);
                self.world.check_start(&self.machine, &place, false);
                self.on(Event::Consult(atom));
            }
            Command::Revert(_, ended) => {
                self.world.check_revert(&self.machine, &place, ended);
                assert_eq!(
                    self.machine.missing(atom).is_some(),
                    self.world.lacks_around(&self.machine, &place),
                    "{atom} is reverted, missing {:?}",
                    self.machine.missing(atom)
                );
                self.on(Event::Revert(atom));
            }
        }
        self.world.flight.push(command);
    }

    /// The first start in a group that begins anew.
    fn begin_anew(&mut self, place: &Place) {
        let atom = place.number();
        if self.machine.is_undoing(atom) {
            return;
        }
        let outer = place.levels.len() - 1;
        for stand in &place.levels[..outer] {
            let body = world::in_body(stand);
            let begins = match self.restarts.remove(&body) {
                Some(must) => self.world.begin_anew(&self.machine, body, must),
                None => false,
            };
            if begins {
                for within in self.world.within(&self.machine, body) {
                    let within = within.number();
                    self.restarts.retain(|&(group, _), _| group != within);
                }
            }
        }
    }

    pub(super) fn end(&mut self, command: Command, ending: Ending) {
        match (command, ending) {
            (Command::Revert(atom, _), ending) => self.end_revert(atom, ending),
            (Command::Run(atom) | Command::Open(atom), Ending::Release) => {
                self.on(Event::Release(atom));
            }
            (Command::Run(atom), Ending::Checkpoint) => {
                self.on(Event::Checkpoint(atom));
                self.world.flight.push(command);
            }
            (Command::Run(atom), Ending::Done) => self.done(atom),
            (Command::Close(atom), Ending::Done) => self.on(Event::Done(atom)),
            (Command::Open(atom), Ending::Open(setup)) => self.open(atom, setup),
            (Command::Consult(atom), Ending::Decided(wait)) => self.decided(atom, wait),
            (
                _,
                Ending::Fail {
                    effect,
                    refused,
                    wait,
                },
            ) => self.fail(command.atom(), effect, refused, wait),
            (_, ending) => unreachable!("{command:?} does not end with {ending:?}"),
        }
    }

    pub(super) fn done(&mut self, atom: u32) {
        let transient = self.machine.is_transient(atom);
        let truth = self.world.truth(atom);
        (truth.cut, truth.effect, truth.value) = (false, true, true);
        truth.stored = !transient;
        // What is made again only because it is not stored is the same.
        truth.version += u32::from(!transient);
        let mut short = self.machine.clone();
        let next = short.tasks_alone().map(|mut tasks| tasks.advance(atom));
        self.on(Event::Done(atom));
        if let Some(next) = next {
            assert_same(next, &short, self.machine.clone());
        }
    }

    fn end_revert(&mut self, atom: u32, ending: Ending) {
        let place = self.machine.place(atom).expect("it is in the run");
        let lacks = self.world.lacks_around(&self.machine, &place);
        if lacks {
            self.on(Event::RevertFail { atom, again: None });
        } else if let Ending::Fail { refused, wait, .. } = ending {
            let again = self.machine.may_revert_again(atom, refused);
            let again = again.map(|_| self.now + wait);
            self.on(Event::RevertFail { atom, again });
        } else {
            let truth = self.world.truth(atom);
            (truth.effect, truth.cut, truth.stored) = (false, false, false);
            self.on(Event::Reverted(atom));
        }
    }

    pub(super) fn fail(&mut self, atom: u32, effect: bool, refused: u32, wait: u64) {
        if self.kind(atom).is_task() {
            // A task that fails has cleaned up after itself.
            let truth = self.world.truth(atom);
            (truth.cut, truth.effect) = (false, effect);
        }
        let again = self.machine.may_retry(atom, refused, effect);
        self.on(Event::Fail {
            atom,
            effect,
            refused,
            again: again.map(|_| self.now + wait),
        });
    }

    fn open(&mut self, atom: u32, setup: Setup) {
        let until = match setup {
            Setup::Timeout(ms) | Setup::Sleep(ms) | Setup::Signal(ms @ 1..) => self.now + ms,
            _ => 0,
        };
        let place = self.machine.place(atom).expect("it is in the run");
        let last = place.last();
        let basis = self.world.basis(last.plan, last.first, last.atom);
        let truth = self.world.truth(atom);
        (truth.setup, truth.basis, truth.tries) = (Some(setup), basis, 1);
        self.on(Event::Open { atom, setup, until });
    }
}
