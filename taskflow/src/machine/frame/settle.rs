//! What follows, for a level and its groups, from a change in one of them.

use smallvec::SmallVec;

use super::Frame;
use crate::machine::Shared;
use crate::machine::bodies::{Bodies, Outcome};
use crate::machine::level::{Level, State};
use crate::machine::sums::Sums;

impl Frame {
    /// Settles between the level and its groups what follows from a change in one of them.
    pub(super) fn settle(&mut self, touched: Option<u32>, shared: &mut Shared<'_>) {
        if self.groups.is_empty() {
            self.level.woken.clear();
            return;
        }
        let mut open: SmallVec<[u32; 4]> = touched.into_iter().collect();
        loop {
            open.extend(self.level.woken.drain(..));
            if self.level.is_stopping() != self.told {
                self.told = self.level.is_stopping();
                for (&at, group) in &mut self.groups {
                    let goes_on = self.level.state(at) == State::Running && self.level.is_open(at);
                    if self.told && goes_on {
                        group.stop(shared);
                    }
                    open.push(at);
                }
            }
            if let Some(at) = self.find_lost() {
                if let Some(group) = self.groups.get_mut(&at) {
                    group.cut_off(true, shared);
                }
                open.push(at);
            }
            if let Some(at) = self.find(|level, at| level.undo.contains(at)) {
                self.level.revert(at);
                if let Some(group) = self.groups.get_mut(&at) {
                    group.cut_off(self.level.is_cut_off(at), shared);
                    group.undo(shared);
                }
                open.push(at);
            }
            // One that was opened before goes on where it was.
            if let Some(at) = self.find(|level, at| level.is_ready(at) && level.is_open(at)) {
                self.level.restart(at);
                if let Some(group) = self.groups.get_mut(&at) {
                    group.go_on(shared);
                }
                open.push(at);
            }
            let Some(at) = open.pop() else {
                break;
            };
            self.take_outcome(at);
            self.show(at);
            if open.is_empty() && !self.has_more() {
                break;
            }
        }
    }

    /// The same where any of the groups may have changed, or what they wait for.
    pub(super) fn settle_all(&mut self, shared: &mut Shared<'_>) {
        self.settle(None, shared);
        let all: Vec<u32> = self.groups.keys().copied().collect();
        for at in all {
            self.settle(Some(at), shared);
        }
    }

    pub(super) fn find(&self, is_it: impl Fn(&Level, u32) -> bool) -> Option<u32> {
        self.groups
            .keys()
            .copied()
            .find(|&at| is_it(&self.level, at))
    }

    /// A group that is under way, and does not know yet that what it reads is lost.
    pub(super) fn find_lost(&self) -> Option<u32> {
        if !self.level.is_stopping() {
            return None;
        }
        let mut groups = self.groups.iter();
        let lost = groups.find(|(at, group)| {
            !group.is_cut_off() && self.goes_on(**at) && self.level.is_lost(**at)
        });
        lost.map(|(&at, _)| at)
    }

    pub(super) fn has_more(&self) -> bool {
        let level = &self.level;
        !level.woken.is_empty()
            || level.is_stopping() != self.told
            || self.find_lost().is_some()
            || self
                .find(|level, at| {
                    level.undo.contains(at) || level.is_ready(at) && level.is_open(at)
                })
                .is_some()
    }

    /// What a group has come to is what has become of its atom.
    pub(super) fn take_outcome(&mut self, at: u32) {
        let Some(group) = self.groups.get_mut(&at) else {
            return;
        };
        let Some(outcome) = group.take_outcome() else {
            return;
        };
        self.level.note_inside(at, group.is_inside());
        let taken = match outcome {
            Outcome::Done => self.level.done(at),
            Outcome::Failed => {
                self.cause.get_or_insert(group.cause());
                self.refused |= group.refused();
                self.level.fail(at, false, false)
            }
            Outcome::Reverted => self.level.reverted(at),
            Outcome::RevertFailed => self.level.revert_fail(at, false),
            Outcome::Walled => self.level.walled(at),
        };
        debug_assert!(taken.is_some(), "a group comes to what its atom can");
        if group.is_timed() && outcome == Outcome::Failed {
            // The time that it has is worked out anew, should it go on.
            self.level.reopen(at);
        }
        self.level.settle();
    }

    /// Counts anew what a group has to offer.
    pub(super) fn show(&mut self, at: u32) {
        let Some(group) = self.groups.get(&at) else {
            return;
        };
        let sums = self.to_show(at, group);
        if let Some(group) = self.groups.get_mut(&at) {
            self.inner += sums;
            self.inner -= group.shown;
            group.shown = sums;
        }
    }

    /// What a group has to offer, as far as it may.
    pub(super) fn to_show(&self, at: u32, group: &Bodies) -> Sums {
        let mut sums = group.sums();
        sums.waiting += u32::from(self.goes_on(at) && group.waits_for_time());
        let is_active = match self.level.state(at) {
            // After a crash, what it reads may have to be made again first, if it still can be.
            State::Running if self.level.is_open(at) => {
                self.level.is_reached(at) || group.is_cut_off()
            }
            State::Reverting => true,
            _ => false,
        };
        if !is_active {
            sums.ready = 0;
            sums.undecided = 0;
        }
        sums
    }
}
