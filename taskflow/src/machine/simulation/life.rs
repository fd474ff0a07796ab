//! One life of the process that drives a run, as chance will have it.

use super::steps::Ending;
use super::{Simulation, plans, world};
use crate::machine::{Command, End, Event, Request};

impl Simulation {
    /// One life of a process: until the run is left, or a crash.
    pub(super) fn live(&mut self) -> Option<End> {
        loop {
            if self.interfere() || self.decide() {
                return None;
            }
            if self.random.chance(8) {
                self.check_ready();
            }
            while self.world.flight.len() < self.engines {
                if self.begin_stretch() {
                    continue;
                }
                let Some(command) = self.machine.next() else {
                    break;
                };
                self.begin(command);
                if self.crashes(40) {
                    return None;
                }
            }
            self.world.check_limits(&self.machine);
            if !self.world.flight.is_empty() {
                let at = plans::small(self.world.flight.len());
                let at = self.random.below(at) as usize;
                let command = self.world.flight.swap_remove(at);
                self.finish(command);
                if self.crashes(40) {
                    return None;
                }
            } else if let Some(end) = self.machine.verdict() {
                self.on(Event::End(end));
                return Some(end);
            } else {
                self.wait();
            }
        }
    }

    /// Whether the process dies now. A run that is not recorded dies with it.
    fn crashes(&mut self, one_in: u32) -> bool {
        !self.loose && self.random.chance(one_in)
    }

    /// What happens by itself: time goes on, signals come, and people ask for something. Whether a
    /// crash came in between.
    pub(super) fn interfere(&mut self) -> bool {
        if self.random.chance(4) {
            self.now += u64::from(self.random.below(3));
        }
        while let Some(atom) = self.machine.due(self.now) {
            self.on(Event::Due(atom));
            if self.crashes(40) {
                return true;
            }
        }
        if self.random.chance(6) {
            self.signal();
        }
        if self.random.chance(60) {
            self.ask();
        }
        false
    }

    pub(super) fn signal(&mut self) {
        let signals = self.machine.signals();
        if !signals.is_empty() {
            let at = self.random.below(plans::small(signals.len()));
            let atom = signals[at as usize];
            self.on(Event::Request(Request::Signal(atom)));
            self.world.truth(atom).value = true;
        }
    }

    /// Nothing is under way: something must come from outside.
    pub(super) fn wait(&mut self) {
        if let Some(due) = self.machine.next_due() {
            self.now = self.now.max(due);
        } else {
            assert!(
                !self.machine.signals().is_empty(),
                "nothing is under way, nothing is waited for, and the run is not over"
            );
            self.signal();
        }
    }

    /// Whether a crash came in between.
    fn decide(&mut self) -> bool {
        while let Some(undecided) = self.machine.undecided() {
            let wait = u64::from(self.random.below(3));
            self.decide_one(undecided, wait);
            if self.crashes(20) {
                return true;
            }
        }
        false
    }

    /// As many can be started as the machine says.
    fn check_ready(&self) {
        let mut machine = self.machine.clone();
        for _ in 0..self.machine.ready() {
            let command = machine.next().expect("more are ready");
            let event = match command {
                Command::Run(atom) | Command::Open(atom) => Event::Start(atom),
                Command::Close(atom) => Event::Close(atom),
                Command::Consult(atom) => Event::Consult(atom),
                Command::Revert(atom, _) => Event::Revert(atom),
                Command::Stretch(_) => unreachable!("nobody asked for that"),
            };
            assert_eq!(machine.on(event), Ok(()));
        }
    }

    fn finish(&mut self, command: Command) {
        if let Command::Stretch(stretch) = command {
            return self.finish_stretch(stretch);
        }
        let stops = self.machine.is_stopping() || self.machine.is_undoing(command.atom());
        let ending = match command {
            Command::Run(_) | Command::Open(_) if stops && self.random.chance(6) => Ending::Release,
            Command::Open(_) | Command::Close(_) | Command::Consult(_)
                if self.random.chance(20) =>
            {
                self.failure(false)
            }
            Command::Open(atom) => {
                let kind = self.kind(atom);
                Ending::Open(world::setup(kind, &mut self.random))
            }
            Command::Consult(_) if self.random.chance(3) => Ending::Decided(None),
            Command::Consult(_) => Ending::Decided(Some(u64::from(self.random.below(3)))),
            Command::Run(_) if self.random.chance(12) => Ending::Checkpoint,
            Command::Run(_) if self.random.chance(6) => {
                let effect = self.random.chance(8);
                self.failure(effect)
            }
            Command::Revert(..) if self.random.chance(8) => self.failure(false),
            Command::Run(_) | Command::Close(_) | Command::Revert(..) => Ending::Done,
            Command::Stretch(_) => unreachable!("it has an end of its own"),
        };
        self.end(command, ending);
    }

    pub(super) fn failure(&mut self, effect: bool) -> Ending {
        let refused = if self.random.chance(6) {
            1 << self.random.below(4)
        } else {
            0
        };
        let wait = u64::from(self.random.below(3));
        Ending::Fail {
            effect,
            refused,
            wait,
        }
    }
}
