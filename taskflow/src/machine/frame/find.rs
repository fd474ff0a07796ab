//! What there is to know of atoms of a level and of the bodies beneath it.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Frame;
use crate::machine::About;
use crate::machine::bodies::Opened;
use crate::machine::level::{Level, State};
use crate::machine::way::{InBody, Place, Stand};
use crate::plan::Kind;

/// What lies on the way to an atom.
struct Descent<'f> {
    place: Place,
    /// The frame of the atom, if its body has begun.
    frame: Option<&'f Frame>,
    /// The end of the times that are set on the way.
    until: Option<u64>,
}

impl Frame {
    /// The level of the atom that `way` leads to.
    pub(in crate::machine) fn find_level(&self, way: &[u32]) -> Option<(&Self, u32)> {
        match *way {
            [atom] => Some((self, atom)),
            [atom, body, ref within @ ..] => {
                self.groups.get(&atom)?.frame(body)?.find_level(within)
            }
            [] => None,
        }
    }

    pub(in crate::machine) fn find_in(&self, way: &[u32]) -> Option<(&Level, u32)> {
        let (frame, atom) = self.find_level(way)?;
        Some((&frame.level, atom))
    }

    pub(in crate::machine) fn opened_at(&self, way: &[u32]) -> Option<Opened> {
        let (frame, atom) = self.find_level(way)?;
        frame.opened(atom)
    }

    pub(in crate::machine) fn earlier(&self, way: &[u32]) -> Option<u32> {
        let (frame, atom) = self.find_level(way)?;
        frame.groups.get(&atom)?.earlier()
    }

    pub(in crate::machine) fn may_attempt(&self, way: &[u32]) -> bool {
        let group = self
            .find_level(way)
            .and_then(|(frame, atom)| frame.groups.get(&atom));
        group.is_some_and(|group| group.may_attempt())
    }

    pub(super) fn opened(&self, at: u32) -> Option<Opened> {
        let is_done = self.level.state(at) == State::Done;
        Some(self.groups.get(&at)?.opened(is_done))
    }

    /// Whether a point in time would change something there.
    pub(in crate::machine) fn waits_for_time(&self, way: &[u32]) -> bool {
        let Some((frame, atom)) = self.find_level(way) else {
            return false;
        };
        match frame.groups.get(&atom) {
            Some(group) => frame.goes_on(atom) && group.waits_for_time(),
            None => frame.level.state(atom).waits(),
        }
    }

    pub(in crate::machine) fn missing(&self, way: &[u32], first: u32) -> Option<u32> {
        let (&atom, within) = way.split_first()?;
        if let Some(missing) = self.level.missing(atom) {
            return Some(first + missing);
        }
        let (&body, within) = within.split_first()?;
        let group = self.groups.get(&atom)?;
        group.frame(body)?.missing(within, group.first_of(body))
    }

    pub(in crate::machine) fn place(&self, way: &[u32]) -> Option<Place> {
        Some(self.descend(way)?.place)
    }

    /// What an engine has to know of the atom that `way` leads to.
    pub(in crate::machine) fn about(&self, way: &[u32]) -> Option<About> {
        let Descent {
            place,
            frame,
            until,
        } = self.descend(way)?;
        let atom = place.last().atom;
        let about = match frame {
            Some(frame) => About::of(&frame.level, atom),
            // It is in a body that has not begun.
            None => About {
                timeout_ms: place.last().plan.atom(atom).policy.timeout_ms,
                revert_timeout_ms: place.last().plan.atom(atom).policy.revert_timeout_ms,
                ..About::default()
            },
        };
        Some(About {
            until,
            place: Some(Arc::new(place)),
            ..about
        })
    }

    fn descend(&self, way: &[u32]) -> Option<Descent<'_>> {
        let mut place = Place {
            levels: SmallVec::new(),
        };
        let (mut plan, mut frame, mut first, mut way) = (self.level.plan, Some(self), 0, way);
        let mut until: Option<u64> = None;
        loop {
            let (&atom, within) = way.split_first()?;
            let mut stand = Stand {
                plan,
                first,
                atom,
                body: None,
            };
            let Some((&body, within)) = within.split_first() else {
                place.levels.push(stand);
                return Some(Descent {
                    place,
                    frame,
                    until,
                });
            };
            let group = frame.and_then(|frame| frame.groups.get(&atom))?;
            until = [until, group.time()].into_iter().flatten().min();
            stand.body = Some(group.body(body));
            place.levels.push(stand);
            first = group.first_of(body);
            plan = plan.atom(atom).kind.body()?;
            frame = group.frame(body);
            way = within;
        }
    }

    pub(in crate::machine) fn find_signals(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            let is_signal = matches!(self.level.plan.atom(atom).kind, Kind::Signal);
            if is_signal && self.level.state(atom) == State::Waiting {
                found.push(first + atom);
            }
        }
        for group in self.groups.values() {
            group.each(|first, frame| frame.find_signals(first, found));
        }
    }

    /// Signals, sleeps, tasks and reverts between two attempts, and retries whose body is run again later.
    pub(in crate::machine) fn find_waits(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            if self.level.state(atom).waits() {
                found.push(first + atom);
            }
        }
        for (&atom, group) in &self.groups {
            if self.goes_on(atom) && !group.is_timed() && group.waits_for_time() {
                found.push(first + atom);
            }
            group.each(|first, frame| frame.find_waits(first, found));
        }
    }

    pub(in crate::machine) fn find_tasks(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            match self.level.plan.atom(atom).kind {
                Kind::Task | Kind::Signal => found.push(first + atom),
                _ => {}
            }
            if let Some(group) = self.groups.get(&atom) {
                group.each(|first, frame| frame.find_tasks(first, found));
            }
        }
    }

    /// The bodies on the way, whose first atom here is number `first`, that have come to a stop.
    pub(in crate::machine) fn find_stopped(
        &self,
        way: &[u32],
        first: u32,
        found: &mut impl FnMut(InBody),
    ) {
        let Some((&atom, within)) = way.split_first() else {
            return;
        };
        let Some(group) = self.groups.get(&atom) else {
            return;
        };
        if group.is_stopping() {
            found((first + atom, None));
        }
        let Some((&body, within)) = within.split_first() else {
            return;
        };
        let Some(frame) = group.frame(body) else {
            return;
        };
        if frame.level.is_stopping() {
            found((first + atom, Some(body)));
        }
        frame.find_stopped(within, group.first_of(body), found);
    }

    /// What is to blame for a failure: the atoms that failed, and where that is a group, rather
    /// what failed in it.
    pub(in crate::machine) fn find_failed(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            if !self.level.had_failed(atom) {
                continue;
            }
            found.push(first + atom);
            if let Some(group) = self.groups.get(&atom) {
                group.each_failed(|first, frame| frame.find_failed(first, found));
            }
        }
    }

    /// The same of what is in the group that `way` leads to.
    pub(in crate::machine) fn find_failed_in(&self, way: &[u32], found: &mut Vec<u32>) {
        if let Some((frame, atom)) = self.find_level(way)
            && let Some(group) = frame.groups.get(&atom)
        {
            group.each_failed(|first, frame| frame.find_failed(first, found));
        }
    }

    pub(in crate::machine) fn find_opened(&self, found: &mut Vec<Opened>) {
        for (&at, group) in &self.groups {
            found.extend(self.opened(at));
            group.each(|_, frame| frame.find_opened(found));
        }
    }

    pub(in crate::machine) fn find_in_place(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            match self.groups.get(&atom) {
                Some(group) => group.each(|first, frame| frame.find_in_place(first, found)),
                None if self.level.is_in_place(atom) => found.push(first + atom),
                None => {}
            }
        }
    }
}
