//! What must be so when a run was left.

use super::Simulation;
use crate::machine::{Command, End, Event, State};
use crate::task::Reverts;

impl Simulation {
    pub(super) fn check_end(&self, end: End) {
        let left = self.machine.in_place();
        if matches!(end, End::Reverted) {
            assert!(left.is_empty(), "the run says that {left:?} are undone");
        }
        if end == End::Waiting {
            assert!(self.machine.is_asking());
        }
        for atom in self.plan.task_atoms() {
            let state = self.machine.state(atom);
            let is_done = matches!(state, State::Done | State::Skipped | State::Idle);
            assert!(end != End::Succeeded || is_done, "{atom} is {state:?}");
        }
        for (&atom, truth) in &self.world.atoms {
            let Some(place) = self.machine.place(atom) else {
                continue;
            };
            let last = place.last();
            if !last.plan.atom(last.atom).kind.is_task() {
                continue;
            }
            let policy = last.plan.atom(last.atom).policy;
            let state = self.machine.state(atom);
            assert!(
                !matches!(state, State::Running | State::Reverting),
                "{atom} is {state:?}"
            );
            // What has no revert has nothing to undo, by its author's word; and so has a task that
            // failed, unless its revert asks for the outcome.
            let matters = match policy.reverts {
                Reverts::Any => state != State::Pending,
                Reverts::Done => !matches!(state, State::Failed | State::Pending),
                Reverts::Never => policy.irreversible && state == State::Done,
            };
            let told = match end {
                End::Reverted | End::Failed | End::RevertFailed => !self.machine.is_kept(),
                End::Cancelled | End::Suspended | End::Interrupted => truth.stored,
                End::Succeeded | End::Waiting | End::Interrupted => false,
            };
            if told && matters && truth.effect {
                assert!(
                    left.contains(&atom),
                    "{atom} is in place, and the run says {end:?}: {state:?} {policy:?}"
                );
            }
            if end == End::Succeeded && !matches!(state, State::Done | State::Skipped) {
                assert!(
                    self.world.is_undone(&place),
                    "{atom} is {state:?} and in place, and the run succeeded"
                );
            }
        }
    }

    /// Makes again what the output of a run that succeeded lacks, as another process would.
    pub(super) fn tell_again(&mut self) {
        self.world.crash(&self.machine, &mut self.random);
        let mut machine = self.machine.clone();
        machine.tell_again();
        while let Some(command) = machine.next() {
            let Command::Run(atom) = command else {
                panic!("{command:?} of a run that has succeeded");
            };
            assert!(self.plan.atom(atom).policy.transient);
            let place = machine.place(atom).expect("it is in the flow");
            self.world.check_start(&machine, &place, true);
            assert_eq!(machine.on(Event::Start(atom)), Ok(()));
            let fails = self.random.chance(6);
            self.world.truth(atom).value = !fails;
            let event = if fails {
                Event::Fail {
                    atom,
                    effect: false,
                    refused: 0,
                    again: None,
                }
            } else {
                Event::Done(atom)
            };
            assert_eq!(machine.on(event), Ok(()));
        }
        match machine.verdict() {
            Some(End::Succeeded) => {
                for &output in self.plan.outputs {
                    let lacks = self.world.absent(&machine, self.plan, 0, output);
                    assert!(!lacks, "{output} is not made again");
                }
            }
            end => assert_eq!(end, Some(End::Failed)),
        }
    }
}
