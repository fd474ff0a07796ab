//! Why tasks and reverts of a run failed, as far as it still matters.

use std::sync::Arc;

use super::TaskFailure;
use crate::failure::{Failure, FailureKind};
use crate::machine::{Machine, RUN, State};
use crate::plan::{Group, Kind};
use crate::retry::Attempt;
use crate::sparse::Sparse;

/// Why tasks and reverts failed, by atom.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    pub(crate) tasks: Sparse<u32, Failure>,
    pub(crate) reverts: Sparse<u32, Failure>,
    attempts: Attempts,
}

/// The attempts that retries have made whose controllers are consulted, by atom.
#[derive(Debug, Default)]
struct Attempts {
    failed: Sparse<u32, Arc<Vec<Attempt>>>,
    /// With so many retries, one looks for those that are over.
    most: usize,
}

impl Failures {
    /// Whether nothing has failed, as far as it still matters.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.reverts.is_empty()
    }

    /// An atom starts: how it failed before counts no more.
    #[inline]
    pub(crate) fn forget(&mut self, atom: u32) {
        if !self.tasks.is_empty() {
            self.tasks.remove(&atom);
        }
    }

    /// A point in time has come: of a signal or a timeout, that is a failure.
    pub(super) fn note_due(&mut self, machine: &Machine, atom: u32) {
        let why = match machine.kind(atom) {
            _ if atom == RUN => "it was not over by its deadline",
            Some(Kind::Signal) => "nothing came in time",
            Some(Kind::Group(Group::Timeout, _)) => "it took longer than it may",
            _ => return,
        };
        let failure = Failure::of(FailureKind::Timeout, why);
        self.tasks.insert(atom, failure);
    }

    /// An attempt of a retry failed, about which its controller is consulted: how it and those
    /// before it did. It is noted once, however often this is said of it.
    pub(super) fn note_attempt(
        &mut self,
        machine: &Machine,
        retry: u32,
    ) -> Option<Arc<Vec<Attempt>>> {
        let earlier = machine.earlier(retry)?;
        let absent = || TaskFailure {
            task: machine.path(retry),
            failure: Failure::new("it failed"),
        };
        let attempt = Attempt::of(earlier + 1, self.failed_in(machine, retry), absent);
        self.attempts.let_go(machine);
        let attempts = self.attempts.failed.entry(retry).or_default();
        // Those of before it began anew, or was taken up by hand, count no more.
        let known = Arc::make_mut(attempts);
        known.truncate(earlier as usize);
        known.push(attempt);
        Some(attempts.clone())
    }

    /// What failed in a group, in the order of definition; where that is no task, what could not be
    /// undone before it was to run again.
    fn failed_in(&self, machine: &Machine, group: u32) -> Vec<TaskFailure> {
        let told = |(&atom, failure): (&u32, &Failure)| TaskFailure {
            task: machine.path(atom),
            failure: failure.clone(),
        };
        let blamed = machine.failed_in(group);
        let blamed = blamed
            .iter()
            .filter_map(|atom| self.tasks.get_key_value(atom));
        let failures: Vec<_> = blamed.map(told).collect();
        if !failures.is_empty() {
            return failures;
        }
        let reverts = self.reverts.iter();
        let within = reverts.filter(|&(&atom, _)| machine.is_in(atom, group));
        within.map(told).collect()
    }
}

impl Attempts {
    /// Forgets those of retries that are over.
    fn let_go(&mut self, machine: &Machine) {
        const FEW: usize = 64;
        if self.failed.len() < self.most.max(FEW) {
            return;
        }
        self.failed
            .retain(|&retry, _| machine.state(retry) == State::Running);
        self.most = self.failed.len() * 2;
    }
}
