//! Counts a level's books from scratch, for tests.

use std::hash::{Hash, Hasher};

use super::{Fate, Level, Phase, State};

impl Level {
    pub(in crate::machine) fn check(&self) {
        let count = |is_it: &dyn Fn(u32) -> bool| {
            let atoms = (0..self.plan.len()).filter(|&atom| is_it(atom));
            u32::try_from(atoms.count()).expect("a plan is small")
        };
        let kind = |atom: u32| self.plan.atom(atom).kind;
        let in_flight = |atom: u32| {
            let state = self.node(atom).state;
            matches!(state, State::Running | State::Reverting) || state.waits()
        };
        assert_eq!(self.in_flight, count(&in_flight), "in flight");
        let at_work = |atom: u32| match self.node(atom).state {
            State::Running => !self.node(atom).open,
            State::Reverting => kind(atom).body().is_none(),
            _ => false,
        };
        assert_eq!(self.at_work, count(&at_work), "at work");
        let undecided = |atom: u32| self.node(atom).fate == Fate::Open;
        assert_eq!(self.undecided, count(&undecided), "undecided");
        let asked = |atom: u32| self.node(atom).state == State::Asked;
        assert_eq!(self.asked, count(&asked), "asked");
        let waiting = |atom: u32| self.node(atom).state.waits();
        assert_eq!(self.waiting, count(&waiting), "waiting");
        self.check_order();
    }

    /// What waits for what, and what may start therefore.
    fn check_order(&self) {
        if !matches!(self.phase, Phase::Forward | Phase::Stopping) {
            return;
        }
        let mut passed = vec![false; self.nodes.len()];
        for atom in 0..self.plan.len() {
            let node = self.node(atom);
            let preds = self.plan.preds(atom);
            let waits = preds.iter().filter(|&&pred| !passed[pred as usize]).count();
            assert_eq!(node.waits as usize, waits, "{atom} waits");
            let is_done = self.plan.atom(atom).kind.is_join()
                || matches!(node.state, State::Done | State::Skipped | State::Idle);
            passed[atom as usize] = waits == 0 && is_done;
            let may = match node.state {
                State::Pending => !self.plan.atom(atom).kind.is_join(),
                State::Unknown => node.fate == Fate::Rerun,
                _ => false,
            };
            if self.phase == Phase::Forward {
                let ready = may && waits == 0 && !node.again;
                assert_eq!(self.ready.contains(atom), ready, "{atom} is ready");
            } else {
                let again = may && waits == 0 && node.again && !self.cut;
                assert_eq!(self.again.contains(atom), again, "{atom} runs again");
            }
        }
        let left = passed.iter().filter(|&&passed| !passed).count();
        assert_eq!(self.left as usize, left, "left");
    }

    pub(in crate::machine) fn hash_facts(&self, hasher: &mut impl Hasher) {
        (self.phase, self.on_failure, self.cut).hash(hasher);
        for (node, atom) in self.nodes.iter().zip(0..) {
            let is_marked = self.undo.contains(atom);
            (node.state, node.ended, node.fate, node.doubt).hash(hasher);
            (node.effect, node.absent, node.again, node.open).hash(hasher);
            (node.inside, node.walled, node.fails, node.revert_fails).hash(hasher);
            is_marked.hash(hasher);
        }
    }
}
