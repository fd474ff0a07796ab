//! What follows a failure, a crash, and a person's request.

use super::{Answer, Decision, End, Ended, Fate, Machine, Phase, Request, State};
use crate::plan::{Kind, OnFailure};
use crate::task::{OnUnknown, Reverts};

impl Machine {
    /// Nothing new starts from here on.
    pub(super) fn stop(&mut self) {
        if self.phase != Phase::Forward {
            return;
        }
        self.phase = Phase::Stopping;
        self.stopped = true;
        if self.on_failure == OnFailure::Revert {
            self.reconsider();
        }
    }

    /// Whether the run fails and is undone, or will be.
    pub(super) fn is_undoing(&self) -> bool {
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

    /// Goes over to reverting as soon as nothing stands against it.
    #[inline]
    pub(super) fn settle(&mut self) {
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

    pub(super) fn settled(&mut self, atom: u32) {
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
    fn to_undo(&self, atom: u32) -> bool {
        let node = self.node(atom);
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
            State::Done | State::Skipped => self.plan.atom(atom).policy.irreversible,
            State::Failed => self.node(atom).effect && self.plan.atom(atom).policy.irreversible,
            // It could not be run again, so nobody knows whether there is something to undo.
            State::Unknown | State::RevertFailed => true,
            _ => false,
        }
    }

    /// How an atom had ended that is to be reverted, or is.
    pub(crate) fn ended(&self, atom: u32) -> Ended {
        match self.node(atom).state {
            State::Failed => Ended::Failed,
            State::Unknown | State::Skipped => Ended::Unknown,
            State::Reverting | State::RevertFailed => self.node(atom).ended,
            _ => Ended::Done,
        }
    }

    /// Whether a failure keeps what was done.
    pub(crate) fn is_kept(&self) -> bool {
        self.on_failure == OnFailure::Keep
    }

    /// Whether a person is asked for something.
    pub(crate) fn is_asking(&self) -> bool {
        self.asked > 0
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

    pub(super) fn undone(&self) -> End {
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
    pub(crate) fn in_place(&self) -> impl Iterator<Item = u32> {
        self.plan
            .task_atoms()
            .filter(|&atom| self.to_undo(atom) || self.is_wall(atom))
    }

    pub(super) fn resume(&mut self) {
        for atom in 0..self.plan.len() {
            let transient = self.plan.atom(atom).policy.transient;
            let node = &mut self.nodes[atom as usize];
            match node.state {
                State::Running => {
                    node.state = State::Unknown;
                    node.doubt = true;
                    self.set_fate(atom, Fate::Parked);
                    self.in_flight -= 1;
                }
                State::Reverting => {
                    node.state = before_revert(node.ended);
                    self.in_flight -= 1;
                    // In a run that is not failing, this is the only reason for a revert.
                    self.set_fate(atom, Fate::Undo);
                }
                State::Done if transient => node.absent = true,
                _ => {}
            }
        }
        match self.phase {
            // Answers may have come since.
            Phase::Over(End::Waiting) => self.phase = self.unended(),
            Phase::Over(_) => return,
            Phase::Forward | Phase::Stopping | Phase::Reverting => {}
        }
        self.take_up();
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

    /// The phase of a run that was left waiting.
    fn unended(&self) -> Phase {
        if self.stopped {
            Phase::Stopping
        } else {
            Phase::Forward
        }
    }

    /// Settles what the states alone do not say, after they were changed from outside.
    fn take_up(&mut self) {
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
    fn refresh(&mut self) {
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
                _ if stopping => self.to_undo(atom) || node.state == State::Unknown,
                _ => !matches!(node.state, State::Done | State::Skipped),
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
    fn is_cut(&self, atom: u32) -> bool {
        let policy = self.plan.atom(atom).policy;
        policy.transient
            && !policy.irreversible
            && matches!(
                self.node(atom).state,
                State::Pending | State::Unknown | State::Failed
            )
    }

    /// What an atom reads and its revert would not get, because it could not be had again.
    pub(crate) fn missing(&self, atom: u32) -> Option<u32> {
        let mut reads = self.plan.reads(atom).iter();
        let missing = |&read: &u32| match self.plan.atom(read).kind {
            Kind::Join => self.missing(read),
            _ => {
                let there = matches!(self.state(read), State::Done | State::Skipped);
                (!there || self.node(read).absent).then_some(read)
            }
        };
        reads.find_map(missing)
    }

    /// What the policy of a task says about an unknown outcome.
    pub(super) fn decision(&self, atom: u32) -> Decision {
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

    pub(super) fn decide(&mut self, atom: u32, decision: Decision) -> Option<()> {
        if self.node_mut(atom)?.state != State::Unknown {
            return None;
        }
        self.ready.remove(atom);
        self.undo.remove(atom);
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
    fn rerun(&mut self, atom: u32) {
        self.nodes[atom as usize].again = self.is_undoing();
        self.set_fate(atom, Fate::Rerun);
        self.reach_if_due(atom);
    }

    pub(super) fn request(&mut self, request: Request) -> Option<()> {
        match request {
            Request::Rerun => self.continue_failed(),
            Request::Revert => self.revert_all(),
            Request::Resolve(atom, answer) => self.resolve(atom, answer),
        }
    }

    /// From a run that failed and was kept, or from one that is partly undone.
    fn continue_failed(&mut self) -> Option<()> {
        if self.phase != Phase::Over(End::Failed) {
            return None;
        }
        for atom in 0..self.plan.len() {
            let node = &mut self.nodes[atom as usize];
            match node.state {
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
                State::Failed | State::Reverted => node.state = State::Pending,
                State::RevertFailed => {
                    node.state = before_revert(node.ended);
                    self.set_fate(atom, Fate::Undo);
                }
                _ => {}
            }
        }
        self.phase = Phase::Forward;
        self.on_failure = self.policy;
        self.stopped = false;
        self.take_up();
        Some(())
    }

    /// From a run that was kept, waits or was interrupted, or from one that could not be undone.
    fn revert_all(&mut self) -> Option<()> {
        if self.in_flight > 0 || matches!(self.phase, Phase::Over(End::Succeeded | End::Reverted)) {
            return None;
        }
        for node in &mut self.nodes {
            match node.state {
                State::RevertFailed => node.state = before_revert(node.ended),
                State::Asked => {
                    self.asked -= 1;
                    node.state = State::Unknown;
                }
                _ => {}
            }
        }
        self.on_failure = OnFailure::Revert;
        self.stopped = true;
        self.phase = Phase::Stopping;
        self.take_up();
        Some(())
    }

    fn resolve(&mut self, atom: u32, answer: Answer) -> Option<()> {
        if self.node_mut(atom)?.state != State::Asked {
            return None;
        }
        if self.phase == Phase::Over(End::Waiting) {
            self.phase = self.unended();
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
        Some(())
    }
}

/// The state that an atom goes back to if its revert has to be called anew.
fn before_revert(ended: Ended) -> State {
    match ended {
        Ended::Done => State::Done,
        Ended::Failed => State::Failed,
        Ended::Unknown => State::Unknown,
    }
}
