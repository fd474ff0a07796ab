//! What becomes of bodies when their level stops, is undone, goes on or begins anew.

use super::{Bodies, Stage};
use crate::machine::frame::Frame;
use crate::machine::sums::Sums;
use crate::machine::{End, Shared};
use crate::plan::Group;

impl Bodies {
    /// Nothing new starts in it.
    pub(in crate::machine) fn stop(&mut self, shared: &mut Shared<'_>) {
        if self.stopped || self.stage == Stage::Over {
            return;
        }
        self.stopped = true;
        if self.stage == Stage::Going {
            if self.group == Group::Map {
                self.stop_items(shared);
            } else {
                self.on_frame(0, shared, Frame::stop);
            }
        }
        self.progress(shared);
    }

    /// A body that is over goes on, because a person wants it.
    pub(super) fn take_up(&mut self, body: u32, shared: &mut Shared<'_>) {
        match self.frames.get(&body).and_then(|frame| frame.level.over()) {
            // First it is undone; its next attempt is the first since then.
            Some(End::RevertFailed) => {
                if self.group != Group::Map {
                    (self.stage, self.tries) = (Stage::Undoing(0), 0);
                }
                self.on_frame(body, shared, |frame, shared| {
                    frame.forgive(shared);
                    frame.undo(shared);
                });
            }
            Some(End::Failed) => self.on_frame(body, shared, Frame::go_on),
            Some(End::Reverted) => {
                self.attempt += u32::from(self.group == Group::Retry);
                self.on_frame(body, shared, |frame, _| frame.begin_again());
            }
            _ => {}
        }
    }

    /// Undoes what is in place.
    pub(in crate::machine) fn undo(&mut self, shared: &mut Shared<'_>) {
        self.stage = Stage::Reverting;
        self.outcome = None;
        self.again.clear();
        self.spread_out();
        let bodies: Vec<u32> = self.frames.keys().copied().collect();
        for body in bodies {
            if !self.has_begun(body) {
                continue;
            }
            self.on_frame(body, shared, Frame::undo);
            if let Some(frame) = self.frames.get_mut(&body) {
                frame.finish();
            }
        }
        self.progress(shared);
    }

    /// Goes on from where it failed, or after it was undone.
    pub(in crate::machine) fn go_on(&mut self, shared: &mut Shared<'_>) {
        (self.failing, self.stopped, self.cut) = (false, false, false);
        (self.cause, self.refused, self.tries) = (None, 0, 1);
        self.stage = Stage::Going;
        self.outcome = None;
        if self.group == Group::Map {
            let failed = self.frames.range(..self.next).filter(|(body, frame)| {
                frame.level.over() != Some(End::Succeeded) && !self.lost.contains_key(body)
            });
            self.again = failed.map(|(&body, _)| body).collect();
            self.open = 0;
        } else {
            self.lost.clear();
            self.take_up(0, shared);
        }
        self.progress(shared);
    }

    /// Its level begins anew: it is opened when its turn comes.
    pub(in crate::machine) fn begin_again(&mut self) {
        for frame in self.frames.values_mut() {
            frame.begin_again();
        }
        self.inner = Sums::default();
        self.hot.clear();
        self.lost.clear();
        self.undoing.clear();
        self.stage = Stage::Going;
        self.outcome = None;
        (self.failing, self.stopped, self.cut) = (false, false, false);
        (self.cause, self.refused) = (None, 0);
        // What is in the code around it is made anew for each of its bodies.
        (self.attempt, self.tries) = (0, 1);
        (self.next, self.open) = (0, 0);
        self.again.clear();
        self.whole.clear();
        self.done = None;
        self.returned.clear();
        // From here on, it is counted for each item how often its tasks were begun.
        self.plain = false;
        if self.group != Group::Map {
            self.count(0, Sums::default());
        }
    }

    pub(in crate::machine) fn is_cut_off(&self) -> bool {
        self.cut
    }

    /// What it reads is there again, or cannot be had.
    pub(in crate::machine) fn cut_off(&mut self, cut: bool, shared: &mut Shared<'_>) {
        self.cut = cut;
        let bodies: Vec<u32> = self.frames.keys().copied().collect();
        for body in bodies {
            if self.has_begun(body) {
                self.on_frame(body, shared, |frame, shared| frame.cut_off(cut, shared));
            }
            if self.group == Group::Map {
                self.item_may_end(body, shared);
            }
        }
        self.progress(shared);
    }

    /// What could not be undone may be tried once more.
    pub(in crate::machine) fn forgive(&mut self, shared: &mut Shared<'_>) {
        let bodies: Vec<u32> = self.frames.keys().copied().collect();
        for body in bodies {
            if self.has_begun(body) {
                self.on_frame(body, shared, Frame::forgive);
            }
        }
    }

    /// A driver takes it up.
    pub(in crate::machine) fn resume(&mut self, shared: &mut Shared<'_>) {
        self.cut = false;
        match self.stage {
            Stage::Closing { given: true } => self.stage = Stage::Closing { given: false },
            Stage::Consulting { given: true } => self.stage = Stage::Consulting { given: false },
            // Its level undoes it anew, when its turn comes.
            Stage::Reverting => self.stage = Stage::Over,
            _ => {}
        }
        let bodies: Vec<u32> = self.frames.keys().copied().collect();
        for body in bodies {
            if !self.has_begun(body) {
                continue;
            }
            let was_over = self
                .frames
                .get(&body)
                .is_some_and(|f| f.level.over().is_some());
            self.on_frame(body, shared, Frame::resume);
            if self.group == Group::Map && !was_over {
                self.item_changed(body, shared);
            }
        }
        self.progress(shared);
    }
}
