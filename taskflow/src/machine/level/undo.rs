//! What follows a failure, a crash, and a person's request.

use super::{Fate, Level, Phase, State};
use crate::machine::{Decision, End, Ended};
use crate::plan::{Kind, OnFailure};
use crate::task::{OnUnknown, Reverts};

impl Level {
    /// Nothing new starts from here on.
    pub(in crate::machine) fn stop(&mut self) {
        if self.phase != Phase::Forward {
            return;
        }
        self.phase = Phase::Stopping;
        for atom in 0..self.plan.len() {
            self.let_go(atom);
        }
        if self.on_failure == OnFailure::Revert {
            self.reconsider();
        }
    }

    /// Whether the run fails and is undone, or will be.
    pub(in crate::machine) fn is_undoing(&self) -> bool {
        self.on_failure == OnFailure::Revert
            && matches!(self.phase, Phase::Stopping | Phase::Reverting)
    }

    /// The run fails, so other rules hold for what is of unknown outcome, and reverts may need
    /// values that are not there.
    fn reconsider(&mut self) {
        for atom in 0..self.plan.len() {
            if self.node(atom).state == State::Unknown {
                self.set_fate(atom, Fate::Open);
                self.undo.remove(atom);
            }
        }
        self.refresh();
    }

    pub(super) fn set_fate(&mut self, atom: u32, fate: Fate) {
        let node = &mut self.nodes[atom as usize];
        self.undecided -= u32::from(node.fate == Fate::Open);
        self.undecided += u32::from(fate == Fate::Open);
        node.fate = fate;
    }

    /// What the group around the level reads is there again, or cannot be had.
    pub(in crate::machine) fn cut_off(&mut self, cut: bool) {
        self.cut = cut;
        if cut {
            self.again.clear();
        }
        self.settle();
    }

    /// Whether everything that an atom reads can be had, to run tasks again in it.
    pub(in crate::machine) fn is_cut_off(&self, atom: u32) -> bool {
        self.cut || !self.is_reached(atom)
    }

    /// Whether what an atom that has begun reads is not there, and is not made again any more.
    pub(in crate::machine) fn is_lost(&self, atom: u32) -> bool {
        self.phase == Phase::Stopping
            && !self.is_reached(atom)
            && self.again.is_empty()
            && self.at_work == 0
    }

    /// Goes over to reverting as soon as nothing stands against it.
    #[inline]
    pub(in crate::machine) fn settle(&mut self) {
        if self.phase == Phase::Stopping {
            self.settle_stopping();
        }
    }

    fn settle_stopping(&mut self) {
        if self.on_failure == OnFailure::Revert
            && self.in_flight == 0
            && self.undecided == 0
            && self.asked == 0
            && self.again.is_empty()
        {
            self.phase = Phase::Reverting;
            self.begin_reverting();
        }
    }

    /// Atoms are numbered so that what comes after one has a greater number: one pass backwards
    /// settles what has nothing to undo and finds the first reverts.
    fn begin_reverting(&mut self) {
        self.undo.clear();
        for node in &mut self.nodes {
            node.settled = false;
        }
        for atom in (0..self.plan.len()).rev() {
            let after = self.plan.succs(atom);
            let holds = after
                .iter()
                .filter(|&&after| !self.node(after).settled)
                .count();
            self.nodes[atom as usize].holds = u32::try_from(holds).unwrap_or(u32::MAX);
            if holds == 0 {
                self.reach_back(atom, false);
            }
        }
    }

    /// Everything after an atom is settled.
    fn reach_back(&mut self, atom: u32, propagate: bool) {
        if self.to_undo(atom) {
            self.undo.insert(atom);
        } else if !self.is_wall(atom) {
            self.nodes[atom as usize].settled = true;
            if propagate {
                self.hold_less(atom);
            }
        }
    }

    pub(in crate::machine) fn settled(&mut self, atom: u32) {
        self.nodes[atom as usize].settled = true;
        self.hold_less(atom);
    }

    fn hold_less(&mut self, atom: u32) {
        for &before in self.plan.preds(atom) {
            let node = &mut self.nodes[before as usize];
            node.holds -= 1;
            if node.holds == 0 {
                self.reach_back(before, true);
            }
        }
    }

    /// Whether an atom has something to undo, and can.
    pub(super) fn to_undo(&self, atom: u32) -> bool {
        let node = self.node(atom);
        if self.is_group(atom) {
            // One that was to go on after it failed, and did not come to it, is as it was.
            let ended = matches!(node.state, State::Done | State::Failed | State::Pending);
            return ended && node.inside && !node.walled;
        }
        let policy = self.plan.atom(atom).policy;
        let reverts = policy.reverts;
        match node.state {
            // Its success is never undone; a revert that it has is for the other outcomes.
            State::Done | State::Skipped if policy.irreversible => false,
            State::Failed if node.effect && policy.irreversible => false,
            State::Done => reverts != Reverts::Never,
            State::Failed => reverts == Reverts::Any || reverts == Reverts::Done && node.effect,
            State::Unknown | State::Skipped => reverts == Reverts::Any,
            _ => false,
        }
    }

    /// Whether what was done before an atom must stay: the atom cannot be undone.
    fn is_wall(&self, atom: u32) -> bool {
        match self.node(atom).state {
            State::Done | State::Failed if self.node(atom).walled => true,
            State::Done | State::Skipped => self.plan.atom(atom).policy.irreversible,
            State::Failed => self.node(atom).effect && self.plan.atom(atom).policy.irreversible,
            // It could not be run again, so nobody knows whether there is something to undo.
            State::Unknown | State::Unreverted | State::RevertFailed => true,
            _ => false,
        }
    }

    pub(super) fn is_group(&self, atom: u32) -> bool {
        matches!(self.plan.atom(atom).kind, Kind::Group(..))
    }

    /// Whether something of a group that has ended is in place.
    pub(in crate::machine) fn note_inside(&mut self, atom: u32, inside: bool) {
        self.nodes[atom as usize].inside = inside;
    }

    /// A group was undone as far as it could be: something irreversible stands in it.
    pub(in crate::machine) fn walled(&mut self, atom: u32) -> Option<()> {
        let node = self.reverting(atom)?;
        node.state = before_revert(node.ended);
        node.walled = true;
        Some(())
    }

    /// How an atom had ended that is to be reverted, or is.
    pub(crate) fn ended(&self, atom: u32) -> Ended {
        match self.node(atom).state {
            State::Failed | State::Pending => Ended::Failed,
            State::Unknown | State::Skipped => Ended::Unknown,
            State::Reverting | State::Unreverted | State::RevertFailed => self.node(atom).ended,
            _ => Ended::Done,
        }
    }

    /// Whether a failure keeps what was done.
    pub(crate) fn is_kept(&self) -> bool {
        self.on_failure == OnFailure::Keep
    }

    /// Whether the output of a run that has ended was not stored, all of it or a part.
    pub(crate) fn lacks_output(&self) -> bool {
        self.plan
            .outputs
            .iter()
            .any(|&output| self.is_transient(output))
    }

    fn is_transient(&self, atom: u32) -> bool {
        match self.plan.atom(atom).kind {
            Kind::Join => self
                .plan
                .reads(atom)
                .iter()
                .any(|&read| self.is_transient(read)),
            _ => self.plan.atom(atom).policy.transient,
        }
    }

    pub(in crate::machine) fn undone(&self) -> End {
        let any = |state| self.nodes.iter().any(|node| node.state == state);
        if any(State::RevertFailed) {
            End::RevertFailed
        } else if self.in_place().next().is_some() {
            End::Failed
        } else {
            End::Reverted
        }
    }

    /// The tasks of which something is, or may be, in place that has a revert or can never be
    /// undone.
    pub(in crate::machine) fn in_place(&self) -> impl Iterator<Item = u32> {
        (0..self.plan.len()).filter(|&atom| self.is_in_place(atom))
    }

    pub(in crate::machine) fn is_in_place(&self, atom: u32) -> bool {
        self.to_undo(atom) || self.is_wall(atom)
    }

    /// What an atom reads and its revert would not get, because it could not be had again.
    pub(crate) fn missing(&self, atom: u32) -> Option<u32> {
        let mut reads = self.plan.reads(atom).iter();
        let missing = |&read: &u32| {
            if self.plan.atom(read).kind.is_join() {
                return self.missing(read);
            }
            let there = matches!(self.state(read), State::Done | State::Skipped | State::Idle);
            (!there || self.node(read).absent).then_some(read)
        };
        reads.find_map(missing)
    }

    /// What the policy of a task says about an unknown outcome.
    pub(in crate::machine) fn decision(&self, atom: u32) -> Decision {
        let policy = self.plan.atom(atom).policy;
        if self.phase == Phase::Forward {
            return match policy.on_unknown {
                OnUnknown::Rerun => Decision::Rerun,
                OnUnknown::Revert => Decision::Undo,
                OnUnknown::Ask => Decision::Ask,
                OnUnknown::Skip => Decision::Skip,
            };
        }
        match (policy.reverts, policy.on_unknown) {
            (Reverts::Any, _) => Decision::Undo,
            (Reverts::Never, _) if !policy.irreversible => Decision::Leave,
            (_, OnUnknown::Ask) => Decision::Ask,
            (_, OnUnknown::Skip) => Decision::Skip,
            (_, OnUnknown::Rerun | OnUnknown::Revert) => Decision::Rerun,
        }
    }

    pub(in crate::machine) fn decide(&mut self, atom: u32, decision: Decision) -> Option<()> {
        if self.node_mut(atom)?.state != State::Unknown {
            return None;
        }
        self.ready.remove(atom);
        self.again.remove(atom);
        self.undo.remove(atom);
        self.nodes[atom as usize].again = false;
        match decision {
            Decision::Rerun => self.rerun(atom),
            Decision::Undo => {
                self.set_fate(atom, Fate::Undo);
                self.reach_if_due(atom);
            }
            Decision::Ask => {
                self.set_fate(atom, Fate::Parked);
                self.nodes[atom as usize].state = State::Asked;
                self.asked += 1;
            }
            Decision::Skip => {
                self.set_fate(atom, Fate::Parked);
                self.nodes[atom as usize].state = State::Skipped;
                self.reach_if_due(atom);
            }
            Decision::Leave => {
                self.set_fate(atom, Fate::Parked);
                // The doubt stays: should the run go on after all, its policy is asked again.
                self.nodes[atom as usize].state = State::Pending;
            }
        }
        Some(())
    }

    /// An unknown task may start again, also in a run that fails and is undone.
    pub(super) fn rerun(&mut self, atom: u32) {
        self.nodes[atom as usize].again = self.is_undoing();
        self.set_fate(atom, Fate::Rerun);
        self.reach_if_due(atom);
    }

    /// The time has come for another attempt of a revert.
    pub(super) fn revert_again(&mut self, atom: u32) {
        if self.phase != Phase::Stopping {
            self.undo.insert(atom);
        } else if self.node(atom).state == State::Unknown {
            self.set_fate(atom, Fate::Open);
        }
    }

    /// Undoes everything that is in place, whatever goes on: what runs is waited for.
    pub(in crate::machine) fn undo_all(&mut self) {
        let is_undone = matches!(self.phase, Phase::Over(End::Reverted | End::RevertFailed));
        if self.is_undoing() || is_undone {
            return;
        }
        for node in &mut self.nodes {
            if node.state == State::Asked {
                self.asked -= 1;
                node.state = State::Unknown;
            }
        }
        self.on_failure = OnFailure::Revert;
        self.phase = Phase::Stopping;
        for atom in 0..self.plan.len() {
            self.let_go(atom);
        }
        self.take_up();
        self.settle();
    }
}

/// The state that an atom goes back to if its revert has to be called anew.
pub(super) fn before_revert(ended: Ended) -> State {
    match ended {
        Ended::Done => State::Done,
        Ended::Failed => State::Failed,
        Ended::Unknown => State::Unknown,
    }
}
