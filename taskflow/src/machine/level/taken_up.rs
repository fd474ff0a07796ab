//! What becomes of a level when a process takes it up, or a person.

use super::undo::before_revert;
use super::{Fate, Level, Phase, State};
use crate::machine::{Answer, End};
use crate::plan::{Kind, OnFailure};

impl Level {
    pub(in crate::machine) fn resume(&mut self) {
        // What was lost may be had in this process.
        self.cut = false;
        for atom in 0..self.plan.len() {
            let transient = self.plan.atom(atom).policy.transient;
            let kind = self.plan.atom(atom).kind;
            let node = &mut self.nodes[atom as usize];
            match node.state {
                // What goes on inside is taken up there.
                State::Running if node.open => {}
                State::Running if !kind.is_task() => {
                    node.state = State::Pending;
                    node.starts -= 1;
                    self.in_flight -= 1;
                    self.at_work -= 1;
                }
                State::Reverting if kind.body().is_some() => {
                    node.state = before_revert(node.ended);
                    self.in_flight -= 1;
                }
                State::Running => {
                    node.state = State::Unknown;
                    node.doubt = true;
                    self.set_fate(atom, Fate::Parked);
                    self.in_flight -= 1;
                    self.at_work -= 1;
                }
                State::Reverting => {
                    node.state = before_revert(node.ended);
                    self.in_flight -= 1;
                    self.at_work -= 1;
                    // In a run that is not failing, this is the only reason for a revert.
                    self.set_fate(atom, Fate::Undo);
                }
                // Nobody waits any more, and what it reads may have to be made again.
                State::Unreverted => {
                    node.state = before_revert(node.ended);
                    self.in_flight -= 1;
                    self.waiting -= 1;
                    self.set_fate(atom, Fate::Undo);
                }
                State::Done if transient => node.absent = true,
                _ => {}
            }
        }
        if self.over().is_none() {
            self.take_up();
        }
    }

    /// Lets the transient tasks run again that the output of a run needs which succeeded.
    ///
    /// That is no part of the run: nothing of it is recorded, and nothing is undone if it fails.
    pub(crate) fn tell_again(&mut self) {
        self.resume();
        self.on_failure = OnFailure::Keep;
        self.phase = Phase::Forward;
        self.take_up();
    }

    /// Settles what the states alone do not say, after they were changed from outside.
    pub(super) fn take_up(&mut self) {
        if self.phase == Phase::Reverting {
            // Values that are missing come first, then the reverts begin anew.
            self.phase = Phase::Stopping;
        }
        let kept = self.phase == Phase::Stopping && self.on_failure == OnFailure::Keep;
        self.undo.clear();
        for atom in 0..self.plan.len() {
            self.nodes[atom as usize].again = false;
            if self.node(atom).state == State::Unknown
                && !kept
                && (self.node(atom).fate == Fate::Parked || self.phase == Phase::Stopping)
            {
                self.set_fate(atom, Fate::Open);
            }
        }
        self.refresh();
    }

    /// Lets transient tasks run again whose values are not in this process and are needed.
    pub(super) fn refresh(&mut self) {
        let stopping = self.phase != Phase::Forward;
        if stopping && self.on_failure == OnFailure::Keep {
            return;
        }
        let mut wanted = vec![false; self.nodes.len()];
        if !stopping {
            for &output in self.plan.outputs {
                wanted[output as usize] = true;
            }
        }
        for atom in (0..self.plan.len()).rev() {
            let node = self.node(atom);
            let runs = match self.plan.atom(atom).kind {
                Kind::Join => wanted[atom as usize],
                // What a group has done so far is undone next.
                Kind::Group(..) if stopping => self.to_undo(atom) || node.state == State::Running,
                _ if stopping => {
                    // What a person is asked about may have to run again.
                    self.to_undo(atom) || matches!(node.state, State::Unknown | State::Asked)
                }
                _ => !matches!(node.state, State::Done | State::Skipped | State::Idle),
            };
            let refreshed = wanted[atom as usize] && (node.absent || stopping && self.is_cut(atom));
            if refreshed {
                self.set_fate(atom, Fate::Parked);
                let node = &mut self.nodes[atom as usize];
                node.state = State::Pending;
                node.doubt = false;
                node.again = stopping;
            }
            if runs || refreshed {
                for &read in self.plan.reads(atom) {
                    wanted[read as usize] = true;
                }
            }
        }
        self.recount();
    }

    /// Whether a transient task was running again for its value alone, and did not get to it.
    ///
    /// Nothing but its value is wanted of it any more when the run fails, and what it did has
    /// nothing to undo.
    pub(super) fn is_cut(&self, atom: u32) -> bool {
        let policy = self.plan.atom(atom).policy;
        policy.transient
            && !policy.irreversible
            && matches!(
                self.node(atom).state,
                State::Pending | State::Unknown | State::Failed
            )
    }

    /// From a run that failed and was kept, or from one that is partly undone: the groups that
    /// begin anew.
    pub(in crate::machine) fn go_on(&mut self) -> Option<Vec<u32>> {
        if self.phase != Phase::Over(End::Failed) {
            return None;
        }
        let anew = self.find_anew();
        for atom in 0..self.plan.len() {
            let guard = self.plan.atom(atom).guard;
            let chosen_anew = guard.is_some_and(|guard| self.state(guard.choice) == State::Pending);
            let node = &mut self.nodes[atom as usize];
            node.fails = 0;
            node.walled = false;
            match node.state {
                State::Idle if chosen_anew => node.state = State::Pending,
                State::Idle => {}
                _ if anew[atom as usize] => {
                    node.state = State::Pending;
                    (node.doubt, node.effect, node.absent) = (false, false, false);
                    (node.open, node.inside) = (false, false);
                }
                // What it did is in place, and it is to run again: as after a crash.
                State::Failed if node.effect => {
                    node.state = State::Unknown;
                    node.doubt = true;
                    node.effect = false;
                    self.set_fate(atom, Fate::Parked);
                }
                // It was left as it was while the run failed.
                State::Pending if node.doubt => {
                    node.state = State::Unknown;
                    self.set_fate(atom, Fate::Parked);
                }
                State::Failed => node.state = State::Pending,
                State::RevertFailed => {
                    node.state = before_revert(node.ended);
                    self.set_fate(atom, Fate::Undo);
                }
                _ => {}
            }
        }
        self.phase = Phase::Forward;
        self.on_failure = self.policy;
        self.cut = false;
        self.take_up();
        self.settle();
        let anew = (0..self.plan.len()).filter(|&atom| anew[atom as usize] && self.is_group(atom));
        Some(anew.collect())
    }

    /// What was undone, and what came after it: that had nothing to undo, and was worked out from
    /// what is not there any more.
    pub(super) fn find_anew(&self) -> Vec<bool> {
        let mut anew = vec![false; self.nodes.len()];
        for atom in 0..self.plan.len() {
            let mut preds = self.plan.preds(atom).iter();
            anew[atom as usize] =
                self.node(atom).state == State::Reverted || preds.any(|&pred| anew[pred as usize]);
        }
        anew
    }

    /// From the start, keeping what was counted: after everything that had an effect was undone.
    pub(in crate::machine) fn begin_again(&mut self) {
        for node in &mut self.nodes {
            debug_assert!(!matches!(node.state, State::Running | State::Reverting));
            node.state = State::Pending;
            node.fate = Fate::Parked;
            (node.doubt, node.effect, node.absent, node.again) = (false, false, false, false);
            (node.open, node.inside, node.walled, node.settled) = (false, false, false, false);
            node.fails = 0;
        }
        (self.undecided, self.asked) = (0, 0);
        self.phase = Phase::Forward;
        self.on_failure = self.policy;
        self.cut = false;
        self.undo.clear();
        self.recount();
    }

    /// What could not be undone may be tried once more.
    pub(in crate::machine) fn forgive(&mut self) {
        for node in &mut self.nodes {
            if node.state == State::RevertFailed {
                node.state = before_revert(node.ended);
            }
        }
        if self.phase == Phase::Over(End::RevertFailed) {
            self.phase = Phase::Over(End::Failed);
        }
    }

    pub(in crate::machine) fn resolve(&mut self, atom: u32, answer: Answer) -> Option<()> {
        if self.node_mut(atom)?.state != State::Asked {
            return None;
        }
        self.asked -= 1;
        let node = &mut self.nodes[atom as usize];
        match answer {
            Answer::Rerun => {
                node.state = State::Unknown;
                self.rerun(atom);
            }
            Answer::Done => {
                node.state = State::Done;
                node.doubt = false;
                self.reach_if_due(atom);
            }
            Answer::Fail => {
                node.state = State::Failed;
                node.doubt = false;
                self.stop();
            }
        }
        self.settle();
        Some(())
    }
}
