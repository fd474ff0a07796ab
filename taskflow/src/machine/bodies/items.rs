//! The bodies of a map: which begin, and what their ends mean.

use super::{Bodies, Outcome, Stage, reverted};
use crate::machine::frame::Frame;
use crate::machine::{End, Shared};
use crate::plan::{Group, Setup};

impl Bodies {
    pub(super) fn items(&self) -> u32 {
        match self.setup {
            Setup::Map { items, .. } => items,
            _ => 1,
        }
    }

    /// How many items of a map could begin now.
    pub(super) fn openable(&self) -> u32 {
        let Setup::Map { limit, .. } = self.setup else {
            return 0;
        };
        if self.stage != Stage::Going || self.failing || self.stopped {
            return 0;
        }
        let room = if limit == 0 {
            u32::MAX
        } else {
            limit.saturating_sub(self.open)
        };
        self.left().min(room)
    }

    /// Whether another item may be under way.
    pub(super) fn has_room(&self) -> bool {
        let limit = match self.setup {
            Setup::Map { limit, .. } => limit,
            _ => 0,
        };
        let goes_on = self.stage == Stage::Going && !self.failing && !self.stopped;
        goes_on && (limit == 0 || self.open < limit)
    }

    /// An item that was not over may have come to its end without a record of its own.
    pub(super) fn item_may_end(&mut self, body: u32, shared: &mut Shared<'_>) {
        let frame = self.frames.get(&body);
        if self.has_begun(body) && frame.is_some_and(|frame| frame.level.over().is_none()) {
            self.item_changed(body, shared);
        }
    }

    /// An item of a map may have come to its end.
    pub(super) fn item_changed(&mut self, body: u32, shared: &mut Shared<'_>) {
        let Some(frame) = self.frames.get_mut(&body) else {
            return;
        };
        let Some(end) = frame.finish() else {
            return;
        };
        let cause = frame.cause;
        if self.stage != Stage::Going {
            return;
        }
        match end {
            // It was to be tolerated, and is undone.
            End::Reverted if self.undoing.remove(&body) => {
                self.open -= 1;
                self.lost.insert(body, cause.unwrap_or(self.number));
            }
            // It could not be undone before a person let it go on.
            End::Reverted => {
                self.open -= 1;
                self.again.insert(body);
            }
            End::Succeeded => {
                self.open -= 1;
                if !self.traces {
                    if let Some(forgotten) = shared.forgotten.as_deref_mut() {
                        frame.find_opened(forgotten);
                    }
                    frame.forget(shared);
                    self.frames.remove(&body);
                }
            }
            End::Failed if self.stopped && !self.undoing.contains(&body) => self.open -= 1,
            End::Failed if self.tolerates(body) => {
                self.undoing.insert(body);
                self.on_frame(body, shared, Frame::undo);
                self.item_changed(body, shared);
            }
            _ => {
                self.undoing.remove(&body);
                self.open -= 1;
                self.fails(body);
                self.stop_items(shared);
            }
        }
    }

    /// Whether this item may fail besides those that have.
    pub(super) fn tolerates(&self, body: u32) -> bool {
        let Setup::Map { tolerate, .. } = self.setup else {
            return false;
        };
        let failed = self.lost.len() + self.undoing.len();
        !self.failing && !self.undoing.contains(&body) && failed < tolerate as usize
    }

    pub(super) fn fails(&mut self, body: u32) {
        self.failing = true;
        let number = self.number;
        if let Some(frame) = self.frames.get(&body) {
            self.cause.get_or_insert(frame.cause.unwrap_or(number));
            self.refused |= frame.refused;
        }
    }

    pub(super) fn stop_items(&mut self, shared: &mut Shared<'_>) {
        let under_way = self.frames.iter();
        let under_way = under_way.filter(|(body, frame)| {
            self.has_begun(**body) && frame.level.over().is_none() && !self.undoing.contains(body)
        });
        for body in under_way.map(|(&body, _)| body).collect::<Vec<_>>() {
            self.on_frame(body, shared, Frame::stop);
            self.item_stopped(body);
        }
    }

    /// An item that was stopped and had nothing under way is over.
    pub(super) fn item_stopped(&mut self, body: u32) {
        if self.group != Group::Map {
            return;
        }
        if let Some(frame) = self.frames.get_mut(&body)
            && frame.finish().is_some()
        {
            self.open -= 1;
        }
    }

    pub(super) fn progress_map(&mut self, shared: &mut Shared<'_>) {
        while self.has_room()
            && let Some(body) = self.again.pop_first()
        {
            self.open += 1;
            self.take_up(body, shared);
            self.item_may_end(body, shared);
        }
        match self.stage {
            Stage::Going if self.open > 0 => {}
            Stage::Going if self.failing || self.stopped && self.has_more() => {
                self.end(Outcome::Failed);
            }
            Stage::Going if self.stopped && self.has_unfinished() => self.end(Outcome::Failed),
            Stage::Going if !self.has_more() => {
                self.stage = Stage::Closing { given: false };
            }
            Stage::Reverting => {
                let ends: Option<Vec<End>> = self.begun().map(|frame| frame.level.over()).collect();
                if let Some(ends) = ends {
                    self.end(reverted(&ends));
                }
            }
            _ => {}
        }
    }

    /// The items that have begun and are kept.
    pub(super) fn begun(&self) -> impl Iterator<Item = &Frame> {
        self.frames.range(..self.next).map(|(_, frame)| &**frame)
    }

    pub(super) fn has_unfinished(&self) -> bool {
        let mut begun = self.frames.range(..self.next);
        begun.any(|(body, frame)| {
            frame.level.over() != Some(End::Succeeded) && !self.lost.contains_key(body)
        })
    }
}
