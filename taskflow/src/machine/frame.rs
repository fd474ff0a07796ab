//! A level with the groups in it that have begun.

#[cfg(test)]
mod check;
mod find;
mod settle;

use super::bodies::Bodies;
use super::level::{Level, State};
use super::sums::Sums;
use super::{Answer, Command, End, Event, Shared, Stretch, Undecided};
use crate::plan::{Kind, OnFailure, Plan, Setup};
use crate::sparse::Sparse;

#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) level: Level,
    groups: Sparse<u32, Box<Bodies>>,
    /// Over the groups, as far as they show what they have.
    inner: Sums,
    /// The groups that run know that the level is coming to a stop.
    told: bool,
    /// The first failure, in a body: the number of the atom.
    pub(super) cause: Option<u32>,
    /// The retries around that the failures speak against; the innermost is number 1.
    pub(super) refused: u32,
}

impl Frame {
    #[inline]
    pub(super) fn new(plan: &'static Plan, on_failure: OnFailure) -> Self {
        Self {
            level: Level::new(plan, on_failure),
            groups: Sparse::default(),
            inner: Sums::default(),
            told: false,
            cause: None,
            refused: 0,
        }
    }

    /// Whether no group has begun.
    #[inline]
    pub(super) fn is_flat(&self) -> bool {
        self.groups.is_empty()
    }

    #[inline]
    pub(super) fn sums(&self) -> Sums {
        let own = Sums {
            ready: self.level.ready(),
            work: self.level.at_work(),
            undecided: self.level.undecided_count(),
            asked: self.level.asked_count(),
            waiting: self.level.waiting(),
        };
        if self.groups.is_empty() {
            return own;
        }
        let mut sums = self.inner;
        sums += own;
        sums
    }

    /// What may be started now, where the level's first atom has the number `first`.
    #[inline]
    pub(super) fn next(&self, first: u32) -> Option<Command> {
        let own = self.level.next();
        if self.inner.ready > 0 {
            return self.next_of(own, first);
        }
        own.map(|own| self.command(own, first))
    }

    /// In the order of definition; where the level is undone, in the reverse.
    fn next_of(&self, own: Option<Command>, first: u32) -> Option<Command> {
        let mut shows = self
            .groups
            .iter()
            .filter(|(_, group)| group.shown.ready > 0);
        let backwards = matches!(own, Some(Command::Revert(..)));
        let group = if backwards {
            shows.next_back()
        } else {
            shows.next()
        };
        let Some((&at, group)) = group else {
            return own.map(|own| self.command(own, first));
        };
        match own {
            Some(own) if backwards == (own.atom() > at) => Some(self.command(own, first)),
            _ => group.next(),
        }
    }

    /// Items of a map that may be run in one go, if they are what [`next`](Frame::next) would begin
    /// with.
    pub(super) fn next_stretch(&self, len: u32) -> Option<Stretch> {
        if self.inner.ready == 0 {
            return None;
        }
        let mut groups = self.groups.iter();
        let (&at, group) = groups.find(|(_, group)| group.shown.ready > 0)?;
        match self.level.next() {
            Some(own) if own.atom() < at || !matches!(own, Command::Run(_)) => None,
            _ => group.next_stretch(len),
        }
    }

    /// All of it is done, as it comes to be when nothing fails.
    pub(super) fn succeeded(mut self) -> Self {
        for atom in 0..self.level.plan.len() {
            // A join is passed.
            if self.level.start(atom).is_some() {
                let done = self.level.done(atom);
                debug_assert!(done.is_some(), "what runs can be done");
            }
        }
        let end = self.finish();
        debug_assert_eq!(end, Some(End::Succeeded));
        self
    }

    fn command(&self, own: Command, first: u32) -> Command {
        match own {
            Command::Run(atom) if !self.level.plan.atom(atom).kind.is_task() => {
                Command::Open(first + atom)
            }
            Command::Run(atom) => Command::Run(first + atom),
            Command::Revert(atom, ended) => Command::Revert(first + atom, ended),
            other => other,
        }
    }

    pub(super) fn undecided(&self, first: u32) -> Option<Undecided> {
        if let Some((atom, decision)) = self.level.undecided() {
            return Some(Undecided::Unknown(first + atom, decision));
        }
        let mut groups = self.groups.values();
        groups
            .find(|group| group.shown.undecided > 0)
            .and_then(|group| group.undecided())
    }

    /// Applies what happened to the atom that `way` leads to.
    pub(super) fn apply(
        &mut self,
        way: &[u32],
        event: Event,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        let (&atom, within) = way.split_first()?;
        if within.is_empty() {
            self.apply_here(atom, event, shared)?;
        } else {
            let group = self.groups.get_mut(&atom)?;
            group.apply(within, event, shared)?;
            // As long as a group comes to nothing, it concerns nothing else.
            if !group.has_outcome() && !self.level.is_stopping() {
                self.show(atom);
                return Some(());
            }
        }
        self.settle(Some(atom), shared);
        Some(())
    }

    fn apply_here(&mut self, atom: u32, event: Event, shared: &mut Shared<'_>) -> Option<()> {
        let here = event.about(atom);
        let number = event.atom()?;
        match event {
            Event::Open { setup, until, .. } => {
                self.level.on(here)?;
                self.open(atom, number, setup, until, shared)
            }
            Event::Close(_) => self.groups.get_mut(&atom)?.close(),
            Event::Consult(_) => self.groups.get_mut(&atom)?.consult(),
            Event::Attempt { until, .. } => self.groups.get_mut(&atom)?.attempt(until, shared),
            Event::Stretch(stretch) => self.groups.get_mut(&atom)?.begin_stretch(stretch),
            Event::StretchDone {
                stretch,
                done,
                begun,
            } => self
                .groups
                .get_mut(&atom)?
                .end_stretch(stretch, done, begun, shared),
            Event::Done(_) if self.is_open_group(atom) => {
                self.groups.get_mut(&atom)?.closed()?;
                Some(())
            }
            Event::Fail { refused, .. } if self.is_open_group(atom) => {
                self.groups.get_mut(&atom)?.not_closed(refused)
            }
            Event::Due(_) => {
                shared.timers.remove(number);
                if self.is_open_group(atom) {
                    return self.groups.get_mut(&atom)?.due(shared);
                }
                let is_signal = matches!(self.level.plan.atom(atom).kind, Kind::Signal);
                self.level.on(here)?;
                if is_signal {
                    self.cause.get_or_insert(number);
                }
                Some(())
            }
            Event::RevertFail { again, .. } => {
                self.level.on(here)?;
                if let Some(until) = again
                    && self.level.state(atom) == State::Unreverted
                {
                    shared.timers.insert(number, until);
                }
                Some(())
            }
            Event::Fail { refused, again, .. } => {
                self.level.on(here)?;
                match again {
                    // Where the level is stopping, there is no other attempt.
                    Some(until) if self.level.state(atom) == State::Waiting => {
                        shared.timers.insert(number, until);
                    }
                    _ => {
                        self.cause.get_or_insert(number);
                        self.refused |= refused;
                    }
                }
                Some(())
            }
            _ => self.level.on(here),
        }
    }

    /// Whether a group has worked out what it does and is at it.
    fn goes_on(&self, atom: u32) -> bool {
        self.level.state(atom) == State::Running && self.level.is_open(atom)
    }

    fn is_open_group(&self, atom: u32) -> bool {
        self.level.is_open(atom) && self.groups.contains_key(&atom)
    }

    fn open(
        &mut self,
        atom: u32,
        number: u32,
        setup: Setup,
        until: u64,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        match self.level.plan.atom(atom).kind {
            Kind::Group(group, body) => {
                if let Some(bodies) = self.groups.get_mut(&atom) {
                    bodies.open_again(setup, until, shared)?;
                } else {
                    let bodies = Bodies::open(number, group, body, setup, until, shared)?;
                    self.groups.insert(atom, Box::new(bodies));
                }
            }
            Kind::Sleep | Kind::Signal if until > 0 && self.level.state(atom) == State::Waiting => {
                shared.timers.insert(number, until);
            }
            _ => {}
        }
        // It began while something else failed.
        if self.level.is_stopping()
            && let Some(group) = self.groups.get_mut(&atom)
        {
            group.stop(shared);
        }
        Some(())
    }

    /// The level comes to its end as a body, if it has.
    pub(super) fn finish(&mut self) -> Option<End> {
        if self.level.over().is_none()
            && let Some(end) = self.level.verdict()
        {
            self.level.end(end);
        }
        self.level.over()
    }

    /// Nothing new starts in it.
    pub(super) fn stop(&mut self, shared: &mut Shared<'_>) {
        self.level.stop();
        self.level.settle();
        self.settle(None, shared);
    }

    /// What the group around it reads is there again, or cannot be had.
    pub(super) fn cut_off(&mut self, cut: bool, shared: &mut Shared<'_>) {
        self.level.cut_off(cut);
        for group in self.groups.values_mut() {
            group.cut_off(cut, shared);
        }
        self.settle_all(shared);
    }

    /// Undoes what is in place.
    pub(super) fn undo(&mut self, shared: &mut Shared<'_>) {
        self.level.undo_all();
        self.settle_all(shared);
    }

    /// Goes on from where it failed, or after it was undone.
    pub(super) fn go_on(&mut self, shared: &mut Shared<'_>) {
        (self.cause, self.refused) = (None, 0);
        let Some(anew) = self.level.go_on() else {
            return;
        };
        for at in anew {
            if let Some(group) = self.groups.get_mut(&at) {
                group.begin_again();
                self.show(at);
            }
        }
        self.settle(None, shared);
    }

    /// Begins anew, keeping what was counted.
    pub(super) fn begin_again(&mut self) {
        (self.cause, self.refused, self.told) = (None, 0, false);
        self.level.begin_again();
        for group in self.groups.values_mut() {
            group.begin_again();
            group.shown = Sums::default();
        }
        self.inner = Sums::default();
    }

    /// What could not be undone may be tried once more, because a person wants it.
    pub(super) fn forgive(&mut self, shared: &mut Shared<'_>) {
        // What is being undone right now comes to its end first.
        if self.level.over().is_none() {
            return;
        }
        self.level.forgive();
        for group in self.groups.values_mut() {
            group.forgive(shared);
        }
        let all: Vec<u32> = self.groups.keys().copied().collect();
        for at in all {
            self.show(at);
        }
    }

    /// Its atoms have other numbers from here on.
    pub(super) fn renumber(&mut self, first: u32) {
        for (at, group) in &mut self.groups {
            group.renumber(first + at);
        }
    }

    /// A driver takes it up.
    pub(super) fn resume(&mut self, shared: &mut Shared<'_>) {
        self.level.resume();
        for group in self.groups.values_mut() {
            group.resume(shared);
        }
        self.level.settle();
        self.settle_all(shared);
    }

    pub(super) fn resolve(
        &mut self,
        way: &[u32],
        answer: Answer,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        let (&atom, within) = way.split_first()?;
        if within.is_empty() {
            self.level.resolve(atom, answer)?;
        } else {
            self.groups
                .get_mut(&atom)?
                .resolve(within, answer, shared)?;
        }
        self.settle(Some(atom), shared);
        Some(())
    }

    /// Its numbers are not used any more.
    pub(super) fn forget(&self, shared: &mut Shared<'_>) {
        for group in self.groups.values() {
            group.forget(shared);
        }
    }
}
