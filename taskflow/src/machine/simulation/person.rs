//! What people ask of a run, while it goes on and after it was left.

use super::{Simulation, world};
use crate::machine::{Answer, End, Event, Place, Request, State};

impl Simulation {
    /// Somebody asks for something while the run goes on.
    pub(super) fn ask(&mut self) {
        match self.random.below(6) {
            0 => self.ask_for(Request::Suspend),
            1 => self.ask_for(Request::Cancel),
            2 => self.ask_for(Request::Revert),
            3 => self.ask_for(Request::Interrupt),
            _ => self.answer(1),
        }
    }

    /// Asks for what may be refused.
    fn ask_for(&mut self, request: Request) {
        let is_legal = self.machine.clone().on(Event::Request(request)).is_ok();
        // A run that is about to be left is not left in a weaker way.
        assert!(is_legal || matches!(request, Request::Suspend | Request::Interrupt));
        if is_legal {
            self.on(Event::Request(request));
        }
    }

    /// Answers some of what a person is asked.
    fn answer(&mut self, one_in: u32) {
        let atoms = self.world.atoms.keys().copied();
        let asked: Vec<_> = atoms
            .filter(|&atom| self.machine.state(atom) == State::Asked)
            .collect();
        for atom in asked {
            if !self.random.chance(one_in) || self.machine.state(atom) != State::Asked {
                continue;
            }
            let answer = match (self.random.below(3), self.world.truth(atom).effect) {
                (0, _) => Answer::Rerun,
                (_, true) => Answer::Done,
                (_, false) => Answer::Fail,
            };
            self.answer_one(atom, answer);
        }
    }

    pub(super) fn answer_one(&mut self, atom: u32, answer: Answer) {
        let truth = self.world.truth(atom);
        truth.value |= answer == Answer::Done;
        truth.stored |= answer == Answer::Done;
        truth.cut = false;
        self.on(Event::Request(Request::Resolve(atom, answer)));
    }

    /// What a person would do about a run that was left, or nothing if it is over for good.
    pub(super) fn request(&mut self, end: Option<End>) -> bool {
        let hand = self.random.below(5);
        let request = match end {
            Some(End::Failed) if hand < 2 => Some(Request::Rerun),
            Some(End::Failed) if hand == 2 => Some(Request::Revert),
            Some(End::RevertFailed) if hand < 3 => Some(Request::Revert),
            Some(End::Failed | End::RevertFailed) if hand == 3 => Some(Request::Cancel),
            Some(End::Waiting) => {
                self.answer(1);
                None
            }
            Some(End::Suspended) if hand == 0 => Some(Request::Cancel),
            Some(End::Suspended) if hand == 1 => Some(Request::Revert),
            Some(End::Suspended | End::Interrupted) => None,
            Some(_) => return false,
            None if hand < 2 && self.machine.is_to_suspend() => Some(Request::Rerun),
            None if hand == 0 && self.random.chance(4) => Some(Request::Revert),
            None => None,
        };
        self.world.crash(&self.machine, &mut self.random);
        self.on(Event::Resume);
        // A crash may come before what follows is recorded.
        while self.random.chance(10) {
            self.on(Event::Resume);
        }
        if let Some(request) = request {
            if request == Request::Rerun && end.is_some() {
                self.note_undone();
            }
            self.on(Event::Request(request));
        }
        true
    }

    /// A group that is undone begins anew when it goes on, and its attempts are counted anew. What
    /// had nothing to undo, after something that was undone, runs again.
    pub(super) fn note_undone(&mut self) {
        self.restarts.clear();
        let atoms: Vec<u32> = self.world.atoms.keys().copied().collect();
        for atom in atoms {
            let Some(place) = self.machine.place(atom) else {
                continue;
            };
            let last = place.last();
            let undone = (0..last.atom).filter(|&before| {
                self.machine.state(last.first + before) == State::Reverted
                    && world::reaches(last.plan, before, last.atom)
            });
            if world::is_task(&place) && undone.count() > 0 && self.world.is_undone(&place) {
                let truth = self.world.truth(atom);
                (truth.stored, truth.cut) = (false, false);
            }
        }
        for truth in self.world.atoms.values_mut() {
            truth.tries = 1;
        }
        for body in self.world.bodies(&self.machine) {
            let within = self.world.within(&self.machine, body);
            let mut tasks = within.iter().filter(|place| world::is_task(place));
            let is_stuck = |place: &Place| {
                let around = &place.levels[place.levels.len() - 2];
                world::in_body(around) == body
                    && self.machine.state(place.number()) == State::RevertFailed
            };
            let is_undone = tasks.all(|place| self.world.is_undone(place));
            if is_undone || within.iter().any(is_stuck) {
                self.restarts.insert(body, false);
            }
        }
    }
}
