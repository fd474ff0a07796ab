//! Counts what a group knows of its bodies from scratch, for tests.

use std::hash::{Hash, Hasher};

use super::{Bodies, Stage};
use crate::machine::sums::Sums;
use crate::plan::Group;

impl Bodies {
    pub(in crate::machine) fn check(&self) {
        let mut inner = Sums::default();
        for (body, frame) in &self.frames {
            frame.check();
            // Of a map that begins anew, an item that has not begun offers nothing.
            if !self.has_begun(*body) {
                assert!(!self.hot.contains(body));
                continue;
            }
            inner += frame.sums();
            assert_eq!(
                self.hot.contains(body),
                frame.sums().ready > 0,
                "body {body} has something to start"
            );
        }
        assert_eq!(self.inner, inner, "over the bodies");
        assert!(self.outcome.is_none(), "nobody took the outcome");
        if self.group == Group::Map && self.stage == Stage::Going {
            let open = self.begun().filter(|frame| frame.level.over().is_none());
            let open = open.count() + self.stretches as usize;
            assert_eq!(self.open as usize, open, "items under way");
        }
    }

    pub(in crate::machine) fn hash_facts(&self, hasher: &mut impl Hasher) {
        (self.setup, self.until, self.stage, self.attempt).hash(hasher);
        (self.tries, self.next, self.open, self.failing).hash(hasher);
        (self.stopped, self.cut, self.cause, self.refused).hash(hasher);
        (&self.undoing, &self.lost, &self.again).hash(hasher);
        (self.plain, self.stretches, &self.returned, &self.whole).hash(hasher);
        for (body, frame) in &self.frames {
            body.hash(hasher);
            frame.hash_facts(hasher);
        }
    }
}
