//! A group that has begun: its bodies, and what their ends mean.

#[cfg(test)]
mod check;
mod items;
mod stretch;
mod undo;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::frame::Frame;
use super::sums::Sums;
use super::way::Body;
use super::{Answer, Command, End, Event, Shared, Undecided};
use crate::plan::{Group, OnFailure, Plan, Setup};

/// What has become of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
    Reverted,
    RevertFailed,
    /// Undone as far as something irreversible lets it be.
    Walled,
}

/// Where a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// Its bodies run.
    Going,
    /// A body failed; when it is run again is to be decided.
    Deciding,
    /// A body failed, and the controller is to be consulted.
    Consulting { given: bool },
    /// The body failed and is undone; then it is run again at that time, or that was it.
    Undoing(u64),
    /// The body is undone and run again when the time has come.
    Waiting,
    /// All bodies have ended, and what the group provides is to be put together.
    Closing { given: bool },
    /// It is undone, as its level is.
    Reverting,
    /// It has come to something.
    Over,
}

// Independent facts, most of which are rare.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    /// The number of the group's atom.
    number: u32,
    group: Group,
    plan: &'static Plan,
    setup: Setup,
    until: u64,
    /// The number of the first atom of the first body.
    first: u32,
    /// How many bodies there are numbers for.
    room: u32,
    /// The bodies that have begun; of a map, only those that are not over, or that something is
    /// left of.
    // In boxes, as they come and go and are large.
    frames: BTreeMap<u32, Box<Frame>>,
    /// A body of a map before it begins.
    template: Option<Box<Frame>>,
    inner: Sums,
    /// What the level above counts of it.
    pub(super) shown: Sums,
    /// The bodies that have something to start.
    hot: BTreeSet<u32>,
    stage: Stage,
    /// What it has come to, until its level takes it.
    outcome: Option<Outcome>,
    /// The attempts of a retry since its level last began anew, less one; of others always 0.
    attempt: u32,
    /// The attempts since it was begun or taken up by hand.
    tries: u32,
    /// The next item of a map.
    next: u32,
    /// Items before that one that a person lets go on, and that wait until there is room.
    again: BTreeSet<u32>,
    /// Items that are under way; of those that are run in one go, one.
    open: u32,
    /// Whether items may be run in one go.
    plain: bool,
    /// How many stretches of items are being run in one go.
    stretches: u32,
    /// Items before the next one that were to be run in one go, and did not begin.
    returned: Vec<Range<u32>>,
    /// Items that were run in one go and leave something that their undoing needs to know of.
    whole: Vec<Range<u32>>,
    /// One of those.
    done: Option<Box<Frame>>,
    /// Items that failed and are being undone, for they may fail.
    undoing: BTreeSet<u32>,
    /// Items that failed and are undone, and why.
    lost: BTreeMap<u32, u32>,
    /// An item failed that must not.
    failing: bool,
    /// Nothing new starts, because the level comes to a stop or the time is up.
    stopped: bool,
    /// What it reads is lost: nothing in it runs again.
    cut: bool,
    cause: Option<u32>,
    refused: u32,
    /// Whether a body leaves something that its undoing needs to know of.
    traces: bool,
}

/// A group that has begun, for who deals with its values.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The number of the group's atom.
    pub(crate) number: u32,
    pub(crate) group: Group,
    pub(crate) plan: &'static Plan,
    /// The number of the first atom of the first body.
    pub(crate) first: u32,
    /// The number of bodies, and of one alone its number for the code of the flow.
    pub(crate) bodies: u32,
    pub(crate) attempt: u32,
    /// The bodies that failed, and why: the number of the atom that did.
    pub(crate) lost: BTreeMap<u32, u32>,
    /// Whether it has ended well.
    pub(crate) is_done: bool,
}

impl Opened {
    /// The number of a body, for the code of the flow and for a person.
    pub(crate) fn body(&self, body: u32) -> Body {
        let is_item = self.group == Group::Map;
        Body {
            number: if is_item { body } else { self.attempt },
            is_item,
        }
    }
}

impl Bodies {
    pub(super) fn open(
        number: u32,
        group: Group,
        plan: &'static Plan,
        setup: Setup,
        until: u64,
        shared: &mut Shared<'_>,
    ) -> Option<Self> {
        let mut bodies = Self {
            number,
            group,
            plan,
            setup,
            until,
            first: 0,
            room: 0,
            frames: BTreeMap::new(),
            template: None,
            inner: Sums::default(),
            shown: Sums::default(),
            hot: BTreeSet::new(),
            stage: Stage::Going,
            outcome: None,
            attempt: 0,
            tries: 1,
            next: 0,
            again: BTreeSet::new(),
            open: 0,
            plain: false,
            stretches: 0,
            returned: Vec::new(),
            whole: Vec::new(),
            done: None,
            undoing: BTreeSet::new(),
            lost: BTreeMap::new(),
            failing: false,
            stopped: false,
            cut: false,
            cause: None,
            refused: 0,
            traces: plan.has_traces(),
        };
        bodies.plain = bodies.is_plain();
        bodies.begin(shared)?;
        Some(bodies)
    }

    /// It is opened for the second time: its level has begun anew, or its time was up.
    pub(super) fn open_again(
        &mut self,
        setup: Setup,
        until: u64,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        (self.setup, self.until) = (setup, until);
        if self.stage == Stage::Over {
            if until > 0 {
                shared.timers.insert(self.number, until);
            }
            self.go_on(shared);
            return Some(());
        }
        self.begin(shared)
    }

    fn begin(&mut self, shared: &mut Shared<'_>) -> Option<()> {
        let bodies = match self.setup {
            Setup::Map { items, .. } => items,
            _ => 1,
        };
        if self.room < bodies {
            if self.room > 0 {
                shared.numbers.forget(self.first);
            }
            let way = shared.numbers.way(self.number)?;
            self.first = shared.numbers.allot(self.plan, bodies, &way)?;
            self.room = bodies;
            for (body, frame) in &mut self.frames {
                frame.renumber(self.first + body * self.plan.len());
            }
        }
        if self.until > 0 {
            shared.timers.insert(self.number, self.until);
        }
        if self.group == Group::Map {
            self.template.get_or_insert_with(|| fresh(self.plan));
        } else if self.frames.is_empty() {
            self.frames.insert(0, fresh(self.plan));
            self.count(0, Sums::default());
        }
        self.progress(shared);
        Some(())
    }

    fn has_begun(&self, body: u32) -> bool {
        self.group != Group::Map || body < self.next && !self.is_returned(body)
    }

    pub(super) fn sums(&self) -> Sums {
        let mut sums = self.inner;
        sums.ready += self.openable() as usize;
        match self.stage {
            Stage::Consulting { given: false } if self.stopped => sums.undecided += 1,
            Stage::Closing { given: false } | Stage::Consulting { given: false } => sums.ready += 1,
            Stage::Closing { given: true } | Stage::Consulting { given: true } => sums.work += 1,
            Stage::Deciding => sums.undecided += 1,
            _ => {}
        }
        sums.work += self.stretches;
        if let Setup::Limit(limit @ 1..) = self.setup {
            sums.ready = sums.ready.min(limit.saturating_sub(sums.work) as usize);
        }
        sums
    }

    pub(super) fn next(&self) -> Option<Command> {
        match self.stage {
            Stage::Closing { given: false } => return Some(Command::Close(self.number)),
            Stage::Consulting { given: false } => return Some(Command::Consult(self.number)),
            _ => {}
        }
        // Items are undone in the reverse order.
        let body = if self.stage == Stage::Reverting {
            self.hot.last()
        } else {
            self.hot.first()
        };
        if let Some(&body) = body {
            return self.frames.get(&body)?.next(self.first_of(body));
        }
        let turn = self.turn();
        let frame = self.frames.get(&turn);
        frame.or(self.template.as_ref())?.next(self.first_of(turn))
    }

    pub(super) fn undecided(&self) -> Option<Undecided> {
        if let (Stage::Deciding, Setup::Retry(retry)) = (self.stage, self.setup) {
            return Some(Undecided::Attempt {
                atom: self.number,
                failed: self.tries,
                retry,
            });
        }
        if self.stage == (Stage::Consulting { given: false }) {
            return Some(Undecided::GiveUp(self.number));
        }
        let mut frames = self.frames.iter();
        let (&body, frame) = frames.find(|(_, frame)| frame.sums().undecided > 0)?;
        frame.undecided(self.first_of(body))
    }

    pub(super) fn apply(
        &mut self,
        way: &[u32],
        event: Event,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        let (&body, within) = way.split_first()?;
        let plan = self.plan;
        if !self.has_begun(body) {
            // An item begins with its first record; they begin in order.
            if body != self.turn() || self.openable() == 0 {
                return None;
            }
            self.begin_items(1);
            self.open += 1;
            let template = &self.template;
            let frame = self.frames.entry(body);
            let frame = frame.or_insert_with(|| match template {
                Some(frame) => frame.clone(),
                None => fresh(plan),
            });
            frame.apply(within, event, shared)?;
            self.changed(body, Sums::default(), shared);
            return Some(());
        }
        let frame = self.frames.get_mut(&body)?;
        let before = frame.sums();
        frame.apply(within, event, shared)?;
        self.changed(body, before, shared);
        Some(())
    }

    pub(super) fn resolve(
        &mut self,
        way: &[u32],
        answer: Answer,
        shared: &mut Shared<'_>,
    ) -> Option<()> {
        let (&body, within) = way.split_first()?;
        let frame = self.frames.get_mut(&body)?;
        let before = frame.sums();
        frame.resolve(within, answer, shared)?;
        self.changed(body, before, shared);
        Some(())
    }

    /// Counts anew what a body has to offer, of which `before` was counted.
    fn count(&mut self, body: u32, before: Sums) {
        let frame = self.frames.get(&body);
        let now = frame.map(|frame| frame.sums()).unwrap_or_default();
        self.inner += now;
        self.inner -= before;
        match (before.ready > 0, now.ready > 0) {
            (false, true) => drop(self.hot.insert(body)),
            (true, false) => drop(self.hot.remove(&body)),
            _ => {}
        }
    }

    fn changed(&mut self, body: u32, before: Sums, shared: &mut Shared<'_>) {
        self.count(body, before);
        if self.group == Group::Map {
            self.item_changed(body, shared);
        }
        self.progress(shared);
    }

    fn on_frame(
        &mut self,
        body: u32,
        shared: &mut Shared<'_>,
        change: impl FnOnce(&mut Frame, &mut Shared<'_>),
    ) {
        if let Some(frame) = self.frames.get_mut(&body) {
            let before = frame.sums();
            change(frame, shared);
            self.count(body, before);
        }
    }

    /// Goes on as far as it can by itself.
    fn progress(&mut self, shared: &mut Shared<'_>) {
        if self.group == Group::Map {
            self.progress_map(shared);
        } else {
            while self.progress_one(shared) {}
        }
    }

    /// One step of a group that has one body; whether there may be another.
    fn progress_one(&mut self, shared: &mut Shared<'_>) -> bool {
        let Some(frame) = self.frames.get_mut(&0) else {
            return false;
        };
        if matches!(self.stage, Stage::Deciding | Stage::Waiting) && self.stopped {
            self.end(Outcome::Failed);
            return false;
        }
        let over = frame.finish();
        let (Some(over), Stage::Going | Stage::Undoing(_) | Stage::Reverting) = (over, self.stage)
        else {
            return false;
        };
        match (self.stage, over) {
            (Stage::Going, End::Succeeded) if self.group == Group::Try => {
                self.stage = Stage::Closing { given: false };
            }
            (Stage::Going, End::Succeeded) => self.end(Outcome::Done),
            (Stage::Going, End::Failed) => {
                self.note_cause();
                match self.setup {
                    Setup::Retry(retry) if self.may_fail(retry.times) => {
                        self.stage = Stage::Deciding;
                    }
                    Setup::Controlled { times } if self.may_fail(times) => {
                        self.stage = Stage::Consulting { given: false };
                    }
                    Setup::Try if !self.stopped => {
                        self.stage = Stage::Undoing(0);
                        self.on_frame(0, shared, Frame::undo);
                        return true;
                    }
                    _ => self.end(Outcome::Failed),
                }
            }
            (Stage::Undoing(_), End::Reverted) if self.group == Group::Try => {
                self.note_cause();
                self.lost.insert(0, self.cause.unwrap_or(self.number));
                self.stage = Stage::Closing { given: false };
            }
            (Stage::Undoing(until), End::Reverted) => {
                if self.stopped {
                    self.end(Outcome::Failed);
                } else if until > 0 {
                    self.stage = Stage::Waiting;
                    shared.timers.insert(self.number, until);
                } else {
                    self.try_again();
                    return true;
                }
            }
            (Stage::Reverting, over) => self.end(reverted(&[over])),
            _ => {
                self.note_cause();
                self.end(Outcome::Failed);
            }
        }
        false
    }

    /// Whether the attempt that failed need not be the last of so many.
    fn may_fail(&self, times: u32) -> bool {
        !self.stopped && self.refused & (1 << 1) == 0 && self.tries < times
    }

    fn note_cause(&mut self) {
        if let Some(frame) = self.frames.get(&0) {
            self.cause = frame.cause.or(self.cause);
            self.refused = frame.refused;
        }
    }

    fn try_again(&mut self) {
        (self.attempt, self.tries) = (self.attempt + 1, self.tries + 1);
        (self.cause, self.refused) = (None, 0);
        self.stage = Stage::Going;
        if let Some(frame) = self.frames.get_mut(&0) {
            let before = frame.sums();
            frame.begin_again();
            self.count(0, before);
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.stage = Stage::Over;
        self.outcome = Some(outcome);
    }

    pub(super) fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    pub(super) fn take_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// What it provides is being put together.
    pub(super) fn close(&mut self) -> Option<()> {
        if self.stage != (Stage::Closing { given: false }) {
            return None;
        }
        self.stage = Stage::Closing { given: true };
        Some(())
    }

    /// Its controller is being consulted.
    pub(super) fn consult(&mut self) -> Option<()> {
        if self.stage != (Stage::Consulting { given: false }) || self.stopped {
            return None;
        }
        self.stage = Stage::Consulting { given: true };
        Some(())
    }

    /// How many attempts failed before the one that its controller is to be consulted about.
    pub(super) fn earlier(&self) -> Option<u32> {
        matches!(self.stage, Stage::Consulting { .. }).then(|| self.tries - 1)
    }

    /// Whether there may be another attempt, if its controller wants one: it does not come to a
    /// stop.
    pub(super) fn may_attempt(&self) -> bool {
        !self.stopped
    }

    /// What it provides is put together.
    pub(super) fn closed(&mut self) -> Option<()> {
        if !matches!(self.stage, Stage::Closing { .. }) {
            return None;
        }
        self.end(Outcome::Done);
        Some(())
    }

    /// What it provides cannot be put together, or its controller has failed.
    pub(super) fn not_closed(&mut self, refused: u32) -> Option<()> {
        if !matches!(self.stage, Stage::Closing { .. } | Stage::Consulting { .. }) {
            return None;
        }
        self.cause.get_or_insert(self.number);
        self.refused |= refused;
        self.end(Outcome::Failed);
        Some(())
    }

    pub(super) fn attempt(&mut self, until: Option<u64>, shared: &mut Shared<'_>) -> Option<()> {
        match (self.stage, until) {
            (Stage::Deciding | Stage::Consulting { .. }, Some(until)) if self.may_attempt() => {
                self.stage = Stage::Undoing(until);
                self.on_frame(0, shared, Frame::undo);
                self.progress(shared);
            }
            (Stage::Consulting { .. }, None) => self.end(Outcome::Failed),
            _ => return None,
        }
        Some(())
    }

    pub(super) fn waits_for_time(&self) -> bool {
        match self.group {
            Group::Timeout => self.stage == Stage::Going && !self.stopped,
            _ => self.stage == Stage::Waiting,
        }
    }

    pub(super) fn due(&mut self, shared: &mut Shared<'_>) -> Option<()> {
        if !self.waits_for_time() {
            return None;
        }
        if self.group == Group::Timeout {
            self.cause.get_or_insert(self.number);
            self.stop(shared);
        } else {
            self.try_again();
            self.progress(shared);
        }
        Some(())
    }

    /// Whether nothing new starts in any of its bodies.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopped || self.failing
    }

    /// Whether something of it is in place.
    pub(super) fn is_inside(&self) -> bool {
        let mut frames = self.frames.values();
        !self.whole.is_empty() || frames.any(|frame| frame.level.in_place().next().is_some())
    }

    pub(super) fn cause(&self) -> u32 {
        self.cause.unwrap_or(self.number)
    }

    /// The retries around its level that its failure speaks against.
    pub(super) fn refused(&self) -> u32 {
        match self.group {
            Group::Retry => self.refused >> 1 & !1,
            _ => self.refused,
        }
    }

    /// Whether it has a time that it must be over at.
    pub(super) fn is_timed(&self) -> bool {
        self.group == Group::Timeout
    }

    /// When it is to be over, where it has such a time.
    pub(super) fn time(&self) -> Option<u64> {
        self.is_timed().then_some(self.until)
    }

    /// The bodies whose failure counts.
    pub(super) fn each_failed(&self, mut look: impl FnMut(u32, &Frame)) {
        for (&body, frame) in &self.frames {
            if !self.lost.contains_key(&body) {
                look(self.first_of(body), frame);
            }
        }
    }

    pub(super) fn renumber(&mut self, number: u32) {
        self.number = number;
    }

    pub(super) fn frame(&self, body: u32) -> Option<&Frame> {
        let frame = self.frames.get(&body).map(|frame| &**frame);
        frame.or_else(|| self.whole(body))
    }

    pub(super) fn each(&self, mut look: impl FnMut(u32, &Frame)) {
        for (&body, frame) in &self.frames {
            look(self.first_of(body), frame);
        }
        self.each_whole(look);
    }

    /// The number of a body's first atom.
    pub(super) fn first_of(&self, body: u32) -> u32 {
        self.first + body * self.plan.len()
    }

    /// The number of a body, for the code of the flow and for a person.
    pub(super) fn body(&self, body: u32) -> Body {
        let is_item = self.group == Group::Map;
        Body {
            number: if is_item { body } else { self.attempt },
            is_item,
        }
    }

    pub(super) fn opened(&self, is_done: bool) -> Opened {
        Opened {
            is_done,
            number: self.number,
            group: self.group,
            plan: self.plan,
            first: self.first,
            bodies: self.items(),
            attempt: self.attempt,
            lost: self.lost.clone(),
        }
    }

    pub(super) fn forget(&self, shared: &mut Shared<'_>) {
        shared.numbers.forget(self.first);
        shared.timers.remove(self.number);
        self.each(|_, frame| frame.forget(shared));
    }
}

fn fresh(plan: &'static Plan) -> Box<Frame> {
    // Whether a body that failed is undone is decided by its group.
    Box::new(Frame::new(plan, OnFailure::Keep))
}

/// What the ends of bodies mean that were all undone.
fn reverted(ends: &[End]) -> Outcome {
    if ends.contains(&End::RevertFailed) {
        Outcome::RevertFailed
    } else if ends.contains(&End::Failed) {
        Outcome::Walled
    } else {
        Outcome::Reverted
    }
}
