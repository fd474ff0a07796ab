//! What there is to know of a run's atoms, by their numbers.

use std::sync::Arc;

use super::bodies::Opened;
use super::level::{self, State};
use super::way::{InBody, Place, Way};
use super::{Ended, Machine, RUN};
use crate::plan::{Kind, Setup};
use crate::task::Retry;

impl Machine {
    /// The signals that are waited for.
    pub(crate) fn signals(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.root.find_signals(0, &mut found);
        found
    }

    /// What is waited for, with the points in time at which that is over by itself.
    pub(crate) fn waits(&self) -> Vec<(u32, Option<u64>)> {
        let mut found = Vec::new();
        self.root.find_waits(0, &mut found);
        let waits = found.into_iter();
        waits.map(|atom| (atom, self.timers.until(atom))).collect()
    }

    /// Whether a task that has just failed may be attempted again by its own setting: how many
    /// attempts have failed, this one included.
    pub(crate) fn may_retry(&self, atom: u32, refused: u32, effect: bool) -> Option<(u32, Retry)> {
        let way = self.numbers.way(atom)?;
        let (level, atom) = self.root.find_in(&way)?;
        let retry = level.plan.atom(atom).policy.retry;
        let failed = level.fails(atom) + 1;
        let may = failed < retry.times && refused & 1 == 0 && !effect && !level.is_stopping();
        may.then_some((failed, retry))
    }

    /// The same of a revert.
    pub(crate) fn may_revert_again(&self, atom: u32, refused: u32) -> Option<(u32, Retry)> {
        let way = self.numbers.way(atom)?;
        let (level, atom) = self.root.find_in(&way)?;
        let retry = level.plan.atom(atom).policy.revert_retry;
        let failed = level.revert_fails(atom) + 1;
        let may = failed < retry.times && refused & 1 == 0;
        may.then_some((failed, retry))
    }

    /// Of a retry whose controller is to be consulted: how many attempts failed before this one.
    pub(crate) fn earlier(&self, atom: u32) -> Option<u32> {
        self.root.earlier(&self.numbers.way(atom)?)
    }

    /// Whether a retry whose controller was consulted may be attempted again: it does not come to
    /// a stop.
    pub(crate) fn may_attempt(&self, atom: u32) -> bool {
        let way = self.numbers.way(atom);
        way.is_some_and(|way| self.root.may_attempt(&way))
    }

    /// The bodies on the way to an atom that have come to a stop.
    pub(crate) fn find_stopped(&self, atom: u32, mut found: impl FnMut(InBody)) {
        if let Some(way) = self.numbers.way(atom) {
            self.root.find_stopped(&way, 0, &mut found);
        }
    }

    pub(crate) fn state(&self, atom: u32) -> State {
        self.find(atom, State::Pending, level::Level::state)
    }

    pub(crate) fn is_transient(&self, atom: u32) -> bool {
        self.find(atom, false, |level, atom| {
            level.plan.atom(atom).policy.transient
        })
    }

    pub(crate) fn starts(&self, atom: u32) -> u32 {
        self.find(atom, 0, level::Level::starts)
    }

    #[cfg(test)]
    pub(crate) fn reverts(&self, atom: u32) -> u32 {
        self.find(atom, 0, level::Level::reverts)
    }

    /// How an atom had ended that is to be reverted, or is.
    pub(crate) fn ended(&self, atom: u32) -> Ended {
        self.find(atom, Ended::Done, level::Level::ended)
    }

    #[inline]
    pub(super) fn find<T>(
        &self,
        atom: u32,
        absent: T,
        tell: impl FnOnce(&level::Level, u32) -> T,
    ) -> T {
        if atom < self.root.level.plan.len() {
            return tell(&self.root.level, atom);
        }
        let way = self.numbers.way(atom);
        match way.as_ref().and_then(|way| self.root.find_in(way)) {
            Some((level, atom)) => tell(level, atom),
            None => absent,
        }
    }

    /// What an atom reads and its revert would not get, because it could not be had again.
    pub(crate) fn missing(&self, atom: u32) -> Option<u32> {
        let way = self.numbers.way(atom)?;
        self.root.missing(&way, 0)
    }

    /// The way from the flow to an atom.
    pub(crate) fn way(&self, atom: u32) -> Option<Way> {
        self.numbers.way(atom)
    }

    /// The number of the atom that a way leads to.
    pub(crate) fn number_of(&self, way: &[u32]) -> Option<u32> {
        Some(self.root.place(way)?.number())
    }

    /// The state of the atom that a way leads to, unless its body has not begun, or is over and
    /// forgotten.
    pub(crate) fn state_at(&self, way: &[u32]) -> Option<State> {
        let (level, atom) = self.root.find_in(way)?;
        Some(level.state(atom))
    }

    pub(crate) fn place(&self, atom: u32) -> Option<Place> {
        self.root.place(&self.numbers.way(atom)?)
    }

    /// Whether what an atom belongs to fails, so that it is called for undoing alone.
    #[cfg(test)]
    pub(crate) fn is_undoing(&self, atom: u32) -> bool {
        self.about(atom).undoing
    }

    /// What an engine has to know of an atom that it is to do something with.
    #[inline]
    pub(crate) fn about(&self, atom: u32) -> About {
        let level = &self.root.level;
        let mut about = if atom < level.plan.len() {
            About::of(level, atom)
        } else {
            let way = self.numbers.way(atom);
            let about = way.and_then(|way| self.root.about(&way));
            about.unwrap_or_default()
        };
        // Undoing takes the time that it takes.
        if self.deadline.is_some() && !about.undoing {
            about.until = [about.until, self.deadline].into_iter().flatten().min();
        }
        about
    }

    /// How often a task was started and reverted, and whether it is called for undoing alone; of
    /// one of the flow itself, which may take as long as it takes.
    #[inline]
    pub(crate) fn counts_untimed(&self, atom: u32) -> Option<(u32, u32, bool)> {
        let level = &self.root.level;
        let is_untimed = atom < level.plan.len() && !level.plan.timeouts && self.deadline.is_none();
        is_untimed.then(|| (level.starts(atom), level.reverts(atom), level.is_stopping()))
    }

    /// Where an atom stands, if not in the flow itself.
    #[inline]
    pub(crate) fn place_within(&self, atom: u32) -> Option<Arc<Place>> {
        if atom < self.root.level.plan.len() {
            return None;
        }
        self.place(atom).map(Arc::new)
    }

    pub(crate) fn kind(&self, atom: u32) -> Option<Kind> {
        let way = self.numbers.way(atom)?;
        let (level, atom) = self.root.find_in(&way)?;
        Some(level.plan.atom(atom).kind)
    }

    /// The tasks that are to blame for the failure of the run, in the order of definition, and the
    /// groups that failed by themselves; [`RUN`] is the last.
    pub(crate) fn failed(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.root.find_failed(0, &mut found);
        found.extend(self.late.then_some(RUN));
        found
    }

    /// The same of what is in a group.
    pub(crate) fn failed_in(&self, group: u32) -> Vec<u32> {
        let mut found = Vec::new();
        if let Some(way) = self.numbers.way(group) {
            self.root.find_failed_in(&way, &mut found);
        }
        found
    }

    /// Whether an atom is in a group.
    pub(crate) fn is_in(&self, atom: u32, group: u32) -> bool {
        let (inner, outer) = (self.numbers.way(atom), self.numbers.way(group));
        let ways = inner.zip(outer);
        ways.is_some_and(|(inner, outer)| inner.len() > outer.len() && inner.starts_with(&outer))
    }

    /// The path of an atom, with the numbers of the items that it is in; that of [`RUN`] is empty.
    pub(crate) fn path(&self, atom: u32) -> String {
        if atom == RUN {
            return String::new();
        }
        match self.numbers.way(atom).and_then(|way| self.root.place(&way)) {
            Some(place) => place.path(),
            None => format!("atom {atom}"),
        }
    }

    /// The tasks of the flow, and of the bodies that have begun, in the order of definition.
    pub(crate) fn tasks(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.root.find_tasks(0, &mut found);
        found
    }

    /// The groups that have begun, and from here on those in items that are over no more.
    pub(crate) fn take_opened(&mut self) -> Vec<Opened> {
        let mut found = self.forgotten.take().unwrap_or_default();
        self.root.find_opened(&mut found);
        found
    }

    /// The group with this number, if it has begun.
    pub(crate) fn opened_at(&self, atom: u32) -> Option<Opened> {
        self.root.opened_at(&self.numbers.way(atom)?)
    }

    /// Whether there is room for the bodies of a group.
    pub(crate) fn has_room(&self, atom: u32, setup: Setup) -> bool {
        let Setup::Map { items, .. } = setup else {
            return true;
        };
        let body = self.numbers.way(atom).and_then(|way| {
            let (level, atom) = self.root.find_in(&way)?;
            level.plan.atom(atom).kind.body()
        });
        body.is_none_or(|body| self.numbers.has_room(body, items))
    }

    /// Whether the output of a run that has ended was not stored, all of it or a part.
    pub(crate) fn lacks_output(&self) -> bool {
        self.root.level.lacks_output()
    }

    /// The tasks of which something is, or may be, in place that has a revert or can never be
    /// undone.
    pub(crate) fn in_place(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.root.find_in_place(0, &mut found);
        found
    }
}

/// What an engine has to know of an atom.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub(crate) starts: u32,
    pub(crate) reverts: u32,
    /// What it belongs to fails, so that it is called for undoing alone.
    pub(crate) undoing: bool,
    /// How long an attempt may take, in milliseconds; 0 for as long as it takes.
    pub(crate) timeout_ms: u64,
    /// The same of its revert.
    pub(crate) revert_timeout_ms: u64,
    /// The end of the times that are set around it, in milliseconds of Unix time.
    pub(crate) until: Option<u64>,
    /// Where it stands, if not in the flow itself.
    pub(crate) place: Option<Arc<Place>>,
}

impl About {
    #[inline]
    pub(super) fn of(level: &level::Level, atom: u32) -> Self {
        Self {
            starts: level.starts(atom),
            reverts: level.reverts(atom),
            undoing: level.is_stopping(),
            timeout_ms: level.plan.atom(atom).policy.timeout_ms,
            revert_timeout_ms: level.plan.atom(atom).policy.revert_timeout_ms,
            until: None,
            place: None,
        }
    }
}
