//! What waits for what, and what may start therefore.

use super::{Fate, Level, Phase, State};
use crate::machine::Event;
use crate::plan::Kind;

impl Level {
    /// `Done` for the one task that is under way, and `Start` for what [`next`](Level::next) then
    /// says to run: the same as the two events, in fewer steps.
    ///
    /// Nothing if that is no task, if something has failed, or if something is to be decided first.
    #[inline]
    pub(in crate::machine) fn advance(&mut self, atom: u32) -> Option<u32> {
        let alone = self.phase == Phase::Forward && self.in_flight == 1 && self.ready.is_empty();
        let next = match self.plan.succ(atom) {
            Some(next) if alone => next,
            _ => {
                self.on(Event::Done(atom))?;
                return self.start_next();
            }
        };
        let done = &mut self.nodes[atom as usize];
        debug_assert_eq!(done.state, State::Running);
        done.state = State::Done;
        done.doubt = false;
        done.again = false;
        done.fails = 0;
        if done.waits > 0 {
            (self.in_flight, self.at_work) = (0, 0);
            return self.start_next();
        }
        self.left -= 1;
        let node = &mut self.nodes[next as usize];
        node.waits -= 1;
        let is_task = self.plan.atom(next).kind.is_task();
        if node.waits == 0 && is_task && node.state == State::Pending && !node.again {
            node.state = State::Running;
            node.starts += 1;
            node.absent = false;
            return Some(next);
        }
        if node.waits == 0 {
            self.reach(next);
        }
        (self.in_flight, self.at_work) = (0, 0);
        self.start_next()
    }

    /// `Start` for the task that [`next`](Level::next) says to run, if it is one, nothing has failed
    /// and nothing is to be decided first.
    #[inline]
    pub(in crate::machine) fn start_next(&mut self) -> Option<u32> {
        if self.phase != Phase::Forward || self.undecided > 0 {
            return None;
        }
        let next = self.first_ready()?;
        if !self.plan.atom(next).kind.is_task() {
            return None;
        }
        if self.plan.priorities {
            self.ready.remove(next);
        } else {
            self.ready.remove_first();
        }
        self.begin(next);
        Some(next)
    }

    /// What comes after an atom may start now, as far as it waited for this one.
    #[inline]
    pub(super) fn pass(&mut self, atom: u32) {
        self.left -= 1;
        for &after in self.plan.succs(atom) {
            let node = &mut self.nodes[after as usize];
            node.waits -= 1;
            if node.waits == 0 {
                self.reach(after);
            }
        }
    }

    /// A failure may let tasks run again for their values alone while one that comes after them is
    /// under way: it passes after them, though it is done before.
    pub(super) fn reach_if_due(&mut self, atom: u32) {
        if self.node(atom).waits == 0 {
            self.reach(atom);
        }
    }

    /// Everything before an atom has passed.
    #[inline]
    pub(super) fn reach(&mut self, atom: u32) {
        let node = &self.nodes[atom as usize];
        // The short way for what most of them are.
        if node.state == State::Pending && !node.again && !self.plan.atom(atom).kind.is_join() {
            self.ready.insert(atom);
        } else {
            self.reach_other(atom);
        }
    }

    fn reach_other(&mut self, atom: u32) {
        let node = &self.nodes[atom as usize];
        match (self.plan.atom(atom).kind, node.state) {
            (Kind::Join, _) | (_, State::Done | State::Skipped | State::Idle) => self.pass(atom),
            (Kind::Group(..), State::Running) if node.open => self.woken.push(atom),
            // It runs for its value alone.
            (_, State::Pending) => self.insert_again(atom),
            (_, State::Unknown) => self.reach_unknown(atom),
            _ => {}
        }
    }

    pub(super) fn insert_again(&mut self, atom: u32) {
        if !self.cut {
            self.again.insert(atom);
        }
    }

    pub(super) fn reach_unknown(&mut self, atom: u32) {
        let node = self.node(atom);
        match node.fate {
            Fate::Rerun if node.again => self.insert_again(atom),
            Fate::Rerun => self.ready.insert(atom),
            // While the run fails, its turn comes with the other reverts.
            Fate::Undo if self.phase == Phase::Forward => self.undo.insert(atom),
            Fate::Undo | Fate::Open | Fate::Parked => {}
        }
    }

    /// Counts anew what waits for what, from the states alone.
    ///
    /// An atom passes if it is done and everything before it has passed. So an atom that runs again
    /// only because its value is not stored holds back what comes after it, also behind atoms that
    /// are done and stay so.
    pub(super) fn recount(&mut self) {
        self.ready.clear();
        self.again.clear();
        self.left = self.plan.len();
        for (node, atom) in self.nodes.iter_mut().zip(self.plan.atoms) {
            node.waits = atom.before.len;
        }
        for (number, atom) in (0..).zip(self.plan.atoms) {
            // What has been reached through a pass already is not reached again.
            if atom.before.len == 0 {
                self.reach(number);
            }
        }
    }
}
