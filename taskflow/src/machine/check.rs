//! Counts a machine's books from scratch, and tells machines apart; for tests.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Machine;

/// The same for machines that are the same.
pub(super) fn digest(machine: &Machine) -> u64 {
    let mut hasher = DefaultHasher::new();
    (machine.halt, machine.paused).hash(&mut hasher);
    (machine.deadline, machine.late).hash(&mut hasher);
    machine.root.hash_facts(&mut hasher);
    hasher.finish()
}

impl Machine {
    /// Everything that is counted equals a count from scratch.
    pub(super) fn check(&self) {
        self.root.check();
    }
}
