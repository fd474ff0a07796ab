//! Stretches of a map: items that are run in one go, from end to end and one after the other.
//!
//! A record comes between any two tasks of a run that is recorded. Of one that is not, nobody asks
//! how far an item is before it is done or has failed; so a machine is told of many at once, and
//! knows no more of those that are done than their numbers.

use std::ops::Range;

use super::{Bodies, fresh};
use crate::machine::frame::Frame;
use crate::machine::sums::Sums;
use crate::machine::{Shared, Stretch};
use crate::plan::Group;

impl Bodies {
    /// Whether there is nothing in the items but tasks, each attempted once, in whatever time.
    pub(super) fn is_plain(&self) -> bool {
        let is_plain = |atom: &crate::plan::Atom| {
            let is_flat = atom.kind.is_task() || atom.kind.is_join();
            is_flat && atom.policy.retry.times == 1 && atom.policy.timeout_ms == 0
        };
        self.group == Group::Map && !self.plan.priorities && self.plan.atoms.iter().all(is_plain)
    }

    /// Items that may be run in one go, `len` at most, if they are what [`next`](Bodies::next)
    /// would begin with.
    pub(in crate::machine) fn next_stretch(&self, len: u32) -> Option<Stretch> {
        if let Some(body) = self.hot.first() {
            return self.frames.get(body)?.next_stretch(len);
        }
        if !self.plain || self.openable() == 0 {
            return None;
        }
        let (from, to) = match self.returned.last() {
            Some(range) => (range.start, range.end),
            None => (self.next, self.items()),
        };
        Some(Stretch {
            map: self.number,
            from,
            len: len.min(to - from),
            first: self.first_of(from),
        })
    }

    /// Items begin that are run in one go.
    pub(in crate::machine) fn begin_stretch(&mut self, stretch: Stretch) -> Option<()> {
        let len = stretch.len;
        if len == 0 || self.next_stretch(len) != Some(stretch) {
            return None;
        }
        self.begin_items(len);
        self.open += 1;
        self.stretches += 1;
        Some(())
    }

    /// The first `done` items are done; if there is one that is `begun`, it goes on alone from
    /// its start. The rest has not begun.
    pub(in crate::machine) fn end_stretch(
        &mut self,
        stretch: Stretch,
        done: u32,
        begun: bool,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        let Stretch { from, len, .. } = stretch;
        let rest = done + u32::from(begun);
        if self.stretches == 0 || rest > len {
            return None;
        }
        self.stretches -= 1;
        if self.traces && done > 0 {
            let plan = self.plan;
            self.done
                .get_or_insert_with(|| Box::new(fresh(plan).succeeded()));
            match self.whole.last_mut() {
                Some(last) if last.end == from => last.end += done,
                _ => self.whole.push(from..from + done),
            }
        }
        match (from + rest, from + len) {
            (left, end) if left == end => {}
            (left, end) if end == self.next => self.next = left,
            (left, end) => self.returned.push(left..end),
        }
        if begun {
            self.frames.insert(from + done, fresh(self.plan));
            self.count(from + done, Sums::default());
        } else {
            self.open -= 1;
        }
        self.progress(shared);
        Some(())
    }

    /// So many items begin, from the one whose turn it is.
    pub(super) fn begin_items(&mut self, len: u32) {
        match self.returned.last_mut() {
            None => self.next += len,
            Some(range) => {
                range.start += len;
                if range.start == range.end {
                    self.returned.pop();
                }
            }
        }
    }

    /// The item whose turn it is to begin.
    pub(super) fn turn(&self) -> u32 {
        self.returned.last().map_or(self.next, |range| range.start)
    }

    pub(super) fn is_returned(&self, body: u32) -> bool {
        self.returned.iter().any(|range| range.contains(&body))
    }

    fn returned_len(&self) -> u32 {
        let lens = self.returned.iter().map(|range| range.end - range.start);
        lens.sum()
    }

    /// Whether there are items that have not begun.
    pub(super) fn has_more(&self) -> bool {
        self.next < self.items() || !self.returned.is_empty()
    }

    /// How many items have not begun.
    pub(super) fn left(&self) -> u32 {
        self.items() - self.next + self.returned_len()
    }

    /// Makes what undoes items of those that were run in one go.
    pub(super) fn spread_out(&mut self) {
        let whole = std::mem::take(&mut self.whole);
        if let Some(done) = self.done.take() {
            let frames = whole.into_iter().flatten();
            self.frames.extend(frames.map(|body| (body, done.clone())));
        }
    }

    /// An item that was run in one go.
    pub(super) fn whole(&self, body: u32) -> Option<&Frame> {
        let is_in = |range: &Range<u32>| range.contains(&body);
        let done = self.done.as_deref()?;
        self.whole.iter().any(is_in).then_some(done)
    }

    pub(super) fn each_whole(&self, mut look: impl FnMut(u32, &Frame)) {
        if let Some(done) = &self.done {
            for body in self.whole.iter().cloned().flatten() {
                look(self.first_of(body), done);
            }
        }
    }
}
