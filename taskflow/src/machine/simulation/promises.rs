//! What must be so whenever something of a run starts or is undone.

use super::world::{World, comes_after, policy};
use crate::machine::{Ended, Machine, Place, State};
use crate::plan::{Kind, Plan, Setup};
use crate::task::{OnUnknown, Reverts};

impl World {
    /// Nothing runs before what it requires, in the wrong arm, or for the second time.
    pub(super) fn check_start(&self, machine: &Machine, place: &Place, is_run: bool) {
        let atom = place.number();
        let undoing = machine.is_undoing(atom);
        for (depth, stand) in place.levels.iter().enumerate() {
            for &before in stand.plan.preds(stand.atom) {
                Self::check_passed(machine, stand.plan, stand.first, before, atom);
            }
            self.check_arm(machine, stand.plan, stand.first, stand.atom);
            let around = stand.first + stand.atom;
            if depth + 1 < place.levels.len() {
                let state = machine.state(around);
                assert!(
                    matches!(state, State::Running | State::Reverting),
                    "{atom} starts in {around}, which is {state:?}"
                );
                self.check_basis(stand.plan, stand.first, stand.atom);
            }
            assert!(
                !self.lacks(machine, stand.plan, stand.first, stand.atom),
                "{atom} starts without what {around} reads"
            );
        }
        if !is_run {
            return;
        }
        let policy = policy(place);
        assert!(
            !self.is(atom, |t| t.stored),
            "{atom} is done and runs again"
        );
        assert!(
            !self.is(atom, |t| t.cut)
                || policy.on_unknown == OnUnknown::Rerun
                || undoing && policy.transient,
            "{atom} may have happened and runs again, against its policy {policy:?}"
        );
    }

    /// The versions of what an atom reads.
    pub(super) fn basis(&self, plan: &'static Plan, first: u32, atom: u32) -> Vec<u32> {
        let mut basis = Vec::new();
        for &read in plan.reads(atom) {
            if plan.atom(read).kind.is_join() {
                basis.extend(self.basis(plan, first, read));
            } else {
                let truth = self.atoms.get(&(first + read));
                basis.push(truth.map_or(0, |truth| truth.version));
            }
        }
        basis
    }

    /// A controller has said what it does for the values that are there, not for older ones.
    fn check_basis(&self, plan: &'static Plan, first: u32, controller: u32) {
        let basis = &self.atoms[&(first + controller)].basis;
        assert_eq!(
            *basis,
            self.basis(plan, first, controller),
            "what {} reads has changed",
            first + controller
        );
    }

    fn check_passed(machine: &Machine, plan: &'static Plan, first: u32, before: u32, atom: u32) {
        let state = machine.state(first + before);
        let is_join = plan.atom(before).kind.is_join();
        assert!(
            is_join || matches!(state, State::Done | State::Skipped | State::Idle),
            "{atom} starts before {} is done: {state:?}",
            first + before
        );
        if is_join || state == State::Idle {
            for &more in plan.preds(before) {
                Self::check_passed(machine, plan, first, more, atom);
            }
        }
    }

    /// What is in an arm runs in that arm alone.
    fn check_arm(&self, machine: &Machine, plan: &'static Plan, first: u32, mut atom: u32) {
        while let Some(guard) = plan.atom(atom).guard {
            assert_eq!(machine.state(first + guard.choice), State::Done);
            let setup = self.atoms[&(first + guard.choice)].setup;
            assert_eq!(setup, Some(Setup::Arm(guard.arm)), "{atom} is idle");
            self.check_basis(plan, first, guard.choice);
            atom = guard.choice;
        }
    }

    /// Whether something that an atom reads is not there.
    fn lacks(&self, machine: &Machine, plan: &'static Plan, first: u32, atom: u32) -> bool {
        let mut reads = plan.reads(atom).iter();
        reads.any(|&read| self.absent(machine, plan, first, read))
    }

    /// Whether a value is not there, or one of those that a join hands on.
    pub(super) fn absent(
        &self,
        machine: &Machine,
        plan: &'static Plan,
        first: u32,
        atom: u32,
    ) -> bool {
        let of = plan.atom(atom);
        match of.kind {
            Kind::Join => self.lacks(machine, plan, first, atom),
            // What is not taken provides nothing, as does a task that may be skipped.
            _ if machine.state(first + atom) == State::Idle => false,
            Kind::Match | Kind::Sleep => false,
            Kind::Group(..) => machine.state(first + atom) != State::Done,
            _ => !self.is(first + atom, |t| t.value) && of.policy.on_unknown != OnUnknown::Skip,
        }
    }

    /// Whether something that an atom or a group around it reads is not there.
    pub(super) fn lacks_around(&self, machine: &Machine, place: &Place) -> bool {
        let mut levels = place.levels.iter();
        levels.any(|stand| self.lacks(machine, stand.plan, stand.first, stand.atom))
    }

    /// What comes after is undone before what it came after.
    pub(super) fn check_revert(&self, machine: &Machine, place: &Place, ended: Ended) {
        let (atom, policy) = (place.number(), policy(place));
        let reverts = policy.reverts;
        assert!(reverts == Reverts::Any || reverts == Reverts::Done && ended != Ended::Unknown);
        assert_eq!(
            self.is(atom, |t| t.stored),
            ended == Ended::Done,
            "{atom} is undone as {ended:?}, once for each success"
        );
        assert!(
            !policy.irreversible || ended != Ended::Done,
            "{atom} has succeeded and is irreversible"
        );
        if !machine.is_undoing(atom) {
            return;
        }
        for &other in self.atoms.keys() {
            let Some(after) = machine.place(other) else {
                continue;
            };
            assert!(
                !comes_after(place, &after) || self.is_undone(&after),
                "{atom} is reverted before {other}"
            );
        }
    }
}
