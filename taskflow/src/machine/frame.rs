//! A level with the groups in it that have begun.

#[cfg(test)]
mod check;

use std::sync::Arc;

use smallvec::SmallVec;

use super::bodies::{Bodies, Opened, Outcome};
use super::level::{Level, State};
use super::sums::Sums;
use super::way::{InBody, Place, Stand};
use super::{About, Answer, Command, End, Event, Shared, Stretch, Undecided};
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

/// What lies on the way to an atom.
struct Descent<'f> {
    place: Place,
    /// The frame of the atom, if its body has begun.
    frame: Option<&'f Frame>,
    /// The end of the times that are set on the way.
    until: Option<u64>,
}

impl Frame {
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

    /// Settles between the level and its groups what follows from a change in one of them.
    fn settle(&mut self, touched: Option<u32>, shared: &mut Shared<'_>) {
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
    fn settle_all(&mut self, shared: &mut Shared<'_>) {
        self.settle(None, shared);
        let all: Vec<u32> = self.groups.keys().copied().collect();
        for at in all {
            self.settle(Some(at), shared);
        }
    }

    fn find(&self, is_it: impl Fn(&Level, u32) -> bool) -> Option<u32> {
        self.groups
            .keys()
            .copied()
            .find(|&at| is_it(&self.level, at))
    }

    /// A group that is under way, and does not know yet that what it reads is lost.
    fn find_lost(&self) -> Option<u32> {
        if !self.level.is_stopping() {
            return None;
        }
        let mut groups = self.groups.iter();
        let lost = groups.find(|(at, group)| {
            !group.is_cut_off() && self.goes_on(**at) && self.level.is_lost(**at)
        });
        lost.map(|(&at, _)| at)
    }

    fn has_more(&self) -> bool {
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
    fn take_outcome(&mut self, at: u32) {
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
    fn show(&mut self, at: u32) {
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
    fn to_show(&self, at: u32, group: &Bodies) -> Sums {
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

    /// The level of the atom that `way` leads to.
    pub(super) fn find_level(&self, way: &[u32]) -> Option<(&Self, u32)> {
        match *way {
            [atom] => Some((self, atom)),
            [atom, body, ref within @ ..] => {
                self.groups.get(&atom)?.frame(body)?.find_level(within)
            }
            [] => None,
        }
    }

    pub(super) fn find_in(&self, way: &[u32]) -> Option<(&Level, u32)> {
        let (frame, atom) = self.find_level(way)?;
        Some((&frame.level, atom))
    }

    pub(super) fn opened_at(&self, way: &[u32]) -> Option<Opened> {
        let (frame, atom) = self.find_level(way)?;
        frame.opened(atom)
    }

    pub(super) fn earlier(&self, way: &[u32]) -> Option<u32> {
        let (frame, atom) = self.find_level(way)?;
        frame.groups.get(&atom)?.earlier()
    }

    pub(super) fn may_attempt(&self, way: &[u32]) -> bool {
        let group = self
            .find_level(way)
            .and_then(|(frame, atom)| frame.groups.get(&atom));
        group.is_some_and(|group| group.may_attempt())
    }

    fn opened(&self, at: u32) -> Option<Opened> {
        let is_done = self.level.state(at) == State::Done;
        Some(self.groups.get(&at)?.opened(is_done))
    }

    /// Whether a point in time would change something there.
    pub(super) fn waits_for_time(&self, way: &[u32]) -> bool {
        let Some((frame, atom)) = self.find_level(way) else {
            return false;
        };
        match frame.groups.get(&atom) {
            Some(group) => frame.goes_on(atom) && group.waits_for_time(),
            None => frame.level.state(atom).waits(),
        }
    }

    pub(super) fn missing(&self, way: &[u32], first: u32) -> Option<u32> {
        let (&atom, within) = way.split_first()?;
        if let Some(missing) = self.level.missing(atom) {
            return Some(first + missing);
        }
        let (&body, within) = within.split_first()?;
        let group = self.groups.get(&atom)?;
        group.frame(body)?.missing(within, group.first_of(body))
    }

    pub(super) fn place(&self, way: &[u32]) -> Option<Place> {
        Some(self.descend(way)?.place)
    }

    /// What an engine has to know of the atom that `way` leads to.
    pub(super) fn about(&self, way: &[u32]) -> Option<About> {
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

    pub(super) fn find_signals(&self, first: u32, found: &mut Vec<u32>) {
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
    pub(super) fn find_waits(&self, first: u32, found: &mut Vec<u32>) {
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

    pub(super) fn find_tasks(&self, first: u32, found: &mut Vec<u32>) {
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
    pub(super) fn find_stopped(&self, way: &[u32], first: u32, found: &mut impl FnMut(InBody)) {
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
    pub(super) fn find_failed(&self, first: u32, found: &mut Vec<u32>) {
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
    pub(super) fn find_failed_in(&self, way: &[u32], found: &mut Vec<u32>) {
        if let Some((frame, atom)) = self.find_level(way)
            && let Some(group) = frame.groups.get(&atom)
        {
            group.each_failed(|first, frame| frame.find_failed(first, found));
        }
    }

    pub(super) fn find_opened(&self, found: &mut Vec<Opened>) {
        for (&at, group) in &self.groups {
            found.extend(self.opened(at));
            group.each(|_, frame| frame.find_opened(found));
        }
    }

    pub(super) fn find_in_place(&self, first: u32, found: &mut Vec<u32>) {
        for atom in 0..self.level.plan.len() {
            match self.groups.get(&atom) {
                Some(group) => group.each(|first, frame| frame.find_in_place(first, found)),
                None if self.level.is_in_place(atom) => found.push(first + atom),
                None => {}
            }
        }
    }

    /// Its numbers are not used any more.
    pub(super) fn forget(&self, shared: &mut Shared<'_>) {
        for group in self.groups.values() {
            group.forget(shared);
        }
    }
}

impl Command {
    pub(crate) fn atom(self) -> u32 {
        match self {
            Self::Run(atom)
            | Self::Revert(atom, _)
            | Self::Open(atom)
            | Self::Close(atom)
            | Self::Consult(atom) => atom,
            Self::Stretch(stretch) => stretch.map,
        }
    }
}
