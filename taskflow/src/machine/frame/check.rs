//! Counts what a frame knows of its groups from scratch, for tests.

use std::hash::{Hash, Hasher};

use super::Frame;
use crate::machine::sums::Sums;

impl Frame {
    pub(in crate::machine) fn check(&self) {
        self.level.check();
        assert!(self.level.woken.is_empty(), "woken");
        let mut inner = Sums::default();
        for (&at, group) in &self.groups {
            group.check();
            assert_eq!(group.shown, self.to_show(at, group), "shown of {at}");
            inner += group.shown;
        }
        assert_eq!(self.inner, inner, "over the groups");
    }

    pub(in crate::machine) fn hash_facts(&self, hasher: &mut impl Hasher) {
        self.level.hash_facts(hasher);
        (self.told, self.cause, self.refused).hash(hasher);
        for (at, group) in &self.groups {
            at.hash(hasher);
            group.hash_facts(hasher);
        }
    }
}
