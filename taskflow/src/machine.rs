//! The states of a run and the one function that changes them: event in, commands out.
//!
//! The machine does no I/O, knows no clock, no thread and no value. It is asked before a record is
//! written and after one is read, so running and recovering cannot disagree, and it is the only
//! place that knows what follows a failure.
//!
//! It is a tree. A [`Level`] is the atoms of a flow, to which a group is an atom like any other;
//! the [`Bodies`] of a group that has begun are levels of their own beneath it. What comes of a
//! body is settled on the way back up.

mod bits;
mod bodies;
#[cfg(test)]
mod check;
mod frame;
mod level;
#[cfg(test)]
mod simulation;
mod sums;
mod way;

use std::sync::Arc;

use crate::plan::{Kind, OnFailure, Plan, Setup};
use crate::task::Retry;
use frame::Frame;
use way::{Numbers, Timers};

pub(crate) use bodies::Opened;
pub(crate) use level::State;
pub(crate) use way::{InBody, Place, Way};

/// The number of the run itself, where a point in time is about that and not about an atom: no atom
/// has it, as [`Numbers`] ends before.
pub(crate) const RUN: u32 = u32::MAX;

/// What happened, or is about to: the content of one record.
///
/// Atoms are given by their number in the run: see [`Numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A driver takes the run up: whatever was running then is of unknown outcome.
    Resume,
    /// A task is about to run, or a controller to work out what it does.
    Start(u32),
    /// A task was announced and did not begin after all.
    Release(u32),
    /// A task succeeded, or what a group provides is put together.
    Done(u32),
    /// A task failed.
    Fail {
        atom: u32,
        /// What it did is in place all the same.
        effect: bool,
        /// The retries that its error speaks against, by bit: the task's own is 0.
        refused: u32,
        /// When it is attempted once more, in milliseconds of Unix time.
        again: Option<u64>,
    },
    /// A controller has worked out what it does.
    Open {
        atom: u32,
        setup: Setup,
        /// The point in time that it waits for, or 0.
        until: u64,
    },
    /// What a group provides is being put together. No record says so: after a crash it is done
    /// again.
    Close(u32),
    /// The controller of a retry is being consulted. No record says so: after a crash it is done
    /// again.
    Consult(u32),
    /// A task that is under way has said how far it is.
    Checkpoint(u32),
    /// A point in time has come that was waited for; of [`RUN`], its deadline.
    Due(u32),
    /// What a signal waits for has come; as a [`Request`] it is recorded.
    Signal(u32),
    /// The body of a retry failed, is undone now, and is run again at that time; 0 for at once.
    /// Without a time, the controller gives up.
    Attempt { atom: u32, until: Option<u64> },
    /// Items of a map are about to be run in one go. No record says so: it is for runs that have
    /// none.
    Stretch(Stretch),
    /// The first `done` of them are done, and the rest has not begun; save that the next one goes
    /// on alone from its start, if it is `begun`.
    StretchDone {
        stretch: Stretch,
        done: u32,
        begun: bool,
    },
    /// What is done about a task of unknown outcome.
    Decide(u32, Decision),
    /// A revert is about to run.
    Revert(u32),
    /// A revert succeeded.
    Reverted(u32),
    /// A revert failed.
    RevertFail {
        atom: u32,
        /// When it is attempted once more, in milliseconds of Unix time.
        again: Option<u64>,
    },
    /// A person asked for something.
    Request(Request),
    /// The run is over, or waits.
    End(End),
}

/// What is done about a task that was started and of which nobody knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It runs again.
    Rerun,
    /// Its revert is called with an unknown outcome.
    Undo,
    /// A person is asked.
    Ask,
    /// It counts as done.
    Skip,
    /// It counts as not started: the run fails anyway, and there is nothing to undo.
    Leave,
}

/// What is to be decided, with what the machine does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// What is done about a task of unknown outcome.
    Unknown(u32, Decision),
    /// When the body of a retry is run again, of which so many attempts have failed.
    Attempt {
        atom: u32,
        failed: u32,
        retry: Retry,
    },
    /// The controller of a retry was to be consulted, and there is no other attempt anyway: the
    /// retry comes to a stop.
    GiveUp(u32),
}

/// What a person can ask of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Go on from where it failed.
    Rerun,
    /// Undo what is in place, and nothing else from here on.
    Revert,
    /// An answer about a task that waits for one.
    Resolve(u32, Answer),
    /// Here is what a signal waits for.
    Signal(u32),
    /// Come to a stop, to be taken up by hand.
    Suspend,
    /// Come to a stop for good, and keep what is in place.
    Cancel,
    /// Come to a stop, to be taken up by itself.
    Interrupt,
}

/// What a person says about a task of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It did not happen: run it.
    Rerun,
    /// It happened.
    Done,
    /// It counts as failed.
    Fail,
}

/// How a driver leaves a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Succeeded,
    /// Failed, and everything is undone.
    Reverted,
    /// Failed, and something is kept.
    Failed,
    /// Failed, and something could not be undone.
    RevertFailed,
    /// A person's answer is needed.
    Waiting,
    /// A person stopped it for now.
    Suspended,
    /// A person stopped it for good.
    Cancelled,
    /// Its process ends, and the next one is to take it up.
    Interrupted,
}

/// What an engine is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Command {
    Run(u32),
    Revert(u32, Ended),
    /// Work out what a controller does.
    Open(u32),
    /// Put together what a group provides.
    Close(u32),
    /// Have the controller of a retry say what follows a failed attempt.
    Consult(u32),
    /// Run items of a map in one go.
    Stretch(Stretch),
}

/// Items of a map that are run in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stretch {
    /// The number of the map's atom.
    pub(crate) map: u32,
    /// The number of the first of the items.
    pub(crate) from: u32,
    pub(crate) len: u32,
    /// The number of the first atom of that item.
    pub(crate) first: u32,
}

/// How an atom had ended that is to be reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Done,
    Failed,
    Unknown,
}

/// A record that cannot be true of this plan at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Illegal(pub(crate) Event);

/// A run's state.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    root: Frame,
    numbers: Numbers,
    timers: Timers,
    /// When the run is to be over, in milliseconds of Unix time, as long as that has not come.
    deadline: Option<u64>,
    /// The run failed since it was not over by then.
    late: bool,
    /// Where a person has asked the run to come to.
    halt: Option<End>,
    /// The run was left there, and its levels are as they were.
    paused: Option<End>,
    /// The groups in items that are over and of which nothing is kept, for who wants to know.
    forgotten: Option<Vec<Opened>>,
}

/// What all levels share.
struct Shared<'m> {
    numbers: &'m mut Numbers,
    timers: &'m mut Timers,
    forgotten: Option<&'m mut Vec<Opened>>,
}

impl Machine {
    /// A machine that nothing has happened to. A run that is not over by `deadline`, in milliseconds
    /// of Unix time, fails.
    pub(crate) fn new(plan: &'static Plan, on_failure: OnFailure, deadline: Option<u64>) -> Self {
        let mut timers = Timers::default();
        if let Some(deadline) = deadline {
            timers.insert(RUN, deadline);
        }
        Self {
            root: Frame::new(plan, on_failure),
            numbers: Numbers::new(plan),
            timers,
            deadline,
            late: false,
            halt: None,
            paused: None,
            forgotten: None,
        }
    }

    /// The same, that keeps what there is to know of groups in items that are over.
    pub(crate) fn with_memory(
        plan: &'static Plan,
        on_failure: OnFailure,
        deadline: Option<u64>,
    ) -> Self {
        Self {
            forgotten: Some(Vec::new()),
            ..Self::new(plan, on_failure, deadline)
        }
    }

    /// Applies what happened.
    // Where the event is known, nothing is left of it but the one call.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn on(&mut self, event: Event) -> Result<(), Illegal> {
        let legal = match event {
            Event::Start(atom) | Event::Done(atom) if self.is_plain(atom) => {
                self.root.level.on(event)
            }
            event => self.apply(event),
        };
        legal.ok_or(Illegal(event))
    }

    /// Whether an atom is one of the flow itself and no group has begun: what happens to it
    /// concerns nothing else.
    #[inline]
    fn is_plain(&self, atom: u32) -> bool {
        self.root.is_flat() && atom < self.root.level.plan.len()
    }

    fn apply(&mut self, event: Event) -> Option<()> {
        let mut shared = Shared {
            numbers: &mut self.numbers,
            timers: &mut self.timers,
            forgotten: self.forgotten.as_mut(),
        };
        match event {
            Event::Resume => {
                // What a person asked for and is not reached yet still holds.
                self.halt = self.halt.filter(|&end| end != End::Interrupted);
                self.paused = self.paused.filter(|&end| end == End::Cancelled);
                self.root.resume(&mut shared);
            }
            Event::Request(request) => self.request(request)?,
            Event::End(end) => self.end(end)?,
            Event::Due(RUN) => self.run_late()?,
            event => {
                let way = shared.numbers.way(event.atom()?)?;
                self.root.apply(&way, event, &mut shared)?;
            }
        }
        Some(())
    }

    /// The deadline has come: it is as if something had failed.
    ///
    /// It comes once. Who goes on with the run by hand after that is not held to it.
    fn run_late(&mut self) -> Option<()> {
        self.deadline?;
        if !self.can_be_late() {
            return None;
        }
        (self.deadline, self.late) = (None, true);
        let mut shared = Shared {
            numbers: &mut self.numbers,
            timers: &mut self.timers,
            forgotten: self.forgotten.as_mut(),
        };
        shared.timers.remove(RUN);
        self.root.stop(&mut shared);
        Some(())
    }

    /// Whether something is left to do that a deadline can keep from being done.
    fn can_be_late(&self) -> bool {
        let level = &self.root.level;
        !level.is_stopping() && !level.has_passed()
    }

    fn request(&mut self, request: Request) -> Option<()> {
        let mut shared = Shared {
            numbers: &mut self.numbers,
            timers: &mut self.timers,
            forgotten: self.forgotten.as_mut(),
        };
        let over = self.root.level.over();
        match request {
            Request::Rerun if over == Some(End::Failed) => {
                self.late = false;
                self.root.go_on(&mut shared);
            }
            // It was suspended before it was taken up, or was to be and its process died first.
            Request::Rerun if over.is_none() && self.halt != Some(End::Cancelled) => {
                self.halt = None;
            }
            Request::Revert if !matches!(over, Some(End::Succeeded | End::Reverted)) => {
                if self.paused == Some(End::Cancelled) {
                    return None;
                }
                (self.halt, self.paused) = (None, None);
                self.root.forgive(&mut shared);
                self.root.undo(&mut shared);
            }
            Request::Resolve(atom, answer) => {
                let way = shared.numbers.way(atom)?;
                self.root.resolve(&way, answer, &mut shared)?;
                if self.paused == Some(End::Waiting) {
                    self.paused = None;
                }
            }
            Request::Signal(atom) => {
                let way = shared.numbers.way(atom)?;
                self.root.apply(&way, Event::Signal(atom), &mut shared)?;
                shared.timers.remove(atom);
                if self.paused == Some(End::Waiting) {
                    self.paused = None;
                }
            }
            Request::Suspend
                if over.is_none()
                    && self.paused.is_none_or(waits)
                    && self.halt != Some(End::Cancelled) =>
            {
                self.stop_at(End::Suspended);
            }
            Request::Cancel
                if !matches!(over, Some(End::Succeeded | End::Reverted))
                    && self.paused != Some(End::Cancelled) =>
            {
                self.stop_at(End::Cancelled);
            }
            // What has come to stand, or is about to, is left as it is.
            Request::Interrupt if over.is_none() && self.halt.is_none() => {
                self.stop_at(End::Interrupted);
            }
            _ => return None,
        }
        Some(())
    }

    fn stop_at(&mut self, end: End) {
        self.halt = Some(end);
        self.paused = None;
    }

    fn end(&mut self, end: End) -> Option<()> {
        if self.over().is_some() || self.verdict() != Some(end) {
            return None;
        }
        match end {
            End::Waiting | End::Suspended | End::Cancelled | End::Interrupted => {
                self.paused = Some(end);
            }
            end => self.root.level.end(end)?,
        }
        self.halt = None;
        Some(())
    }

    /// What may be started now; the same answer until an event says that it was.
    #[inline]
    pub(crate) fn next(&self) -> Option<Command> {
        if self.is_held() {
            return None;
        }
        self.root.next(0)
    }

    /// Items of a map that may be run in one go, `len` at most, if they are what
    /// [`next`](Machine::next) would begin with.
    #[inline]
    pub(crate) fn next_stretch(&self, len: u32) -> Option<Stretch> {
        if self.root.is_flat() || self.is_held() {
            return None;
        }
        self.root.next_stretch(len)
    }

    /// Whether nothing is started, whatever could be.
    #[inline]
    fn is_held(&self) -> bool {
        self.halt.is_some() || self.paused.is_some()
    }

    /// How many could be started at once.
    #[inline]
    pub(crate) fn ready(&self) -> usize {
        if self.is_held() {
            return 0;
        }
        self.root.sums().ready
    }

    /// How the run ends, once nothing is under way and nothing can be started.
    #[inline]
    pub(crate) fn verdict(&self) -> Option<End> {
        if let Some(end) = self.over() {
            return Some(end);
        }
        let sums = self.root.sums();
        if sums.work > 0 {
            return None;
        }
        // What has come to its end needs nobody to take it up.
        if self.halt.is_some_and(|halt| halt != End::Interrupted) {
            return self.halt;
        }
        if sums.undecided > 0 || sums.ready > 0 {
            return self.halt;
        }
        match self.root.level.verdict() {
            // Something may still come by itself.
            None if sums.asked > 0 && sums.waiting == 0 => Some(End::Waiting),
            end => end.or(self.halt),
        }
    }

    /// What is to be decided before anything else.
    #[inline]
    pub(crate) fn undecided(&self) -> Option<Undecided> {
        if self.root.sums().undecided == 0 || self.is_held() {
            return None;
        }
        self.root.undecided(0)
    }

    /// The next of those whose time has come, in milliseconds of Unix time.
    pub(crate) fn due(&mut self, now: u64) -> Option<u32> {
        while let Some(atom) = self.timers.first_until(now) {
            let waits = match atom {
                RUN => self.can_be_late(),
                atom => {
                    let way = self.numbers.way(atom);
                    way.is_some_and(|way| self.root.waits_for_time(&way))
                }
            };
            if waits {
                return Some(atom);
            }
            self.timers.remove(atom);
        }
        None
    }

    /// When the next point in time comes that something may wait for, in milliseconds of Unix time.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.timers.first()
    }

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
    fn find<T>(&self, atom: u32, absent: T, tell: impl FnOnce(&level::Level, u32) -> T) -> T {
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
    pub(crate) fn plain(&self, atom: u32) -> Option<(u32, u32, bool)> {
        let level = &self.root.level;
        let is_plain = atom < level.plan.len() && !level.plan.timeouts && self.deadline.is_none();
        is_plain.then(|| (level.starts(atom), level.reverts(atom), level.is_stopping()))
    }

    /// Whether a group has begun.
    #[inline]
    pub(crate) fn has_groups(&self) -> bool {
        !self.root.is_flat()
    }

    /// Whether the run is to be over by a point in time that has not come.
    #[inline]
    pub(crate) fn has_deadline(&self) -> bool {
        self.deadline.is_some()
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

    /// Whether nothing new starts any more.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_held() || self.root.level.is_stopping()
    }

    /// Whether a person has asked it to come to a stop for now, and it has not yet.
    pub(crate) fn is_to_suspend(&self) -> bool {
        self.halt == Some(End::Suspended)
    }

    /// Whether nothing is under way but waiting.
    pub(crate) fn is_waiting(&self) -> bool {
        self.root.sums().work == 0
    }

    /// How the run was left, if it was.
    pub(crate) fn over(&self) -> Option<End> {
        if self.halt.is_some() {
            return None;
        }
        self.paused.or(self.root.level.over())
    }

    /// Whether a failure keeps what was done.
    pub(crate) fn is_kept(&self) -> bool {
        self.root.level.is_kept()
    }

    /// Whether a person is asked for something.
    pub(crate) fn is_asking(&self) -> bool {
        self.root.sums().asked > 0
    }

    /// Whether the output of a run that has ended was not stored, all of it or a part.
    pub(crate) fn lacks_output(&self) -> bool {
        self.root.level.lacks_output()
    }

    /// Lets the transient tasks run again that the output of a run needs which succeeded.
    ///
    /// That is no part of the run: nothing of it is recorded, and nothing is undone if it fails.
    pub(crate) fn tell_again(&mut self) {
        self.root.level.tell_again();
    }

    /// The tasks of which something is, or may be, in place that has a revert or can never be
    /// undone.
    pub(crate) fn in_place(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.root.find_in_place(0, &mut found);
        found
    }

    /// The tasks of the flow itself, for who runs one after the other and tells nobody, as long as
    /// no group has begun.
    pub(crate) fn tasks_alone(&mut self) -> Option<Tasks<'_>> {
        let is_alone = self.root.is_flat() && !self.is_held();
        is_alone.then_some(Tasks(&mut self.root.level))
    }
}

/// The tasks of a flow of which no group has begun.
pub(crate) struct Tasks<'m>(&'m mut level::Level);

impl Tasks<'_> {
    /// `Start` for the task that [`next`](Machine::next) says to run, if it is one and nothing is to
    /// be decided first.
    pub(crate) fn start_next(&mut self) -> Option<u32> {
        self.0.start_next()
    }

    /// `Done` for the one task that is under way, and `Start` for what [`next`](Machine::next) then
    /// says to run: the same as the two events, in fewer steps.
    ///
    /// Nothing if that is no task, or if something is to be decided first.
    #[inline]
    pub(crate) fn advance(&mut self, atom: u32) -> Option<u32> {
        self.0.advance(atom)
    }

    /// How often a task was started, and reverted.
    #[inline]
    pub(crate) fn counts(&self, atom: u32) -> (u32, u32) {
        (self.0.starts(atom), self.0.reverts(atom))
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
    fn of(level: &level::Level, atom: u32) -> Self {
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

fn waits(end: End) -> bool {
    end == End::Waiting
}

impl Event {
    /// The atom that it is about.
    fn atom(self) -> Option<u32> {
        match self {
            Self::Start(atom)
            | Self::Release(atom)
            | Self::Done(atom)
            | Self::Fail { atom, .. }
            | Self::Open { atom, .. }
            | Self::Close(atom)
            | Self::Consult(atom)
            | Self::Checkpoint(atom)
            | Self::Due(atom)
            | Self::Signal(atom)
            | Self::Attempt { atom, .. }
            | Self::Stretch(Stretch { map: atom, .. })
            | Self::StretchDone {
                stretch: Stretch { map: atom, .. },
                ..
            }
            | Self::Decide(atom, _)
            | Self::Revert(atom)
            | Self::Reverted(atom)
            | Self::RevertFail { atom, .. } => Some(atom),
            Self::Resume | Self::Request(_) | Self::End(_) => None,
        }
    }

    /// The same about another atom.
    fn about(mut self, other: u32) -> Self {
        match &mut self {
            Self::Start(atom)
            | Self::Release(atom)
            | Self::Done(atom)
            | Self::Fail { atom, .. }
            | Self::Open { atom, .. }
            | Self::Close(atom)
            | Self::Consult(atom)
            | Self::Checkpoint(atom)
            | Self::Due(atom)
            | Self::Signal(atom)
            | Self::Attempt { atom, .. }
            | Self::Stretch(Stretch { map: atom, .. })
            | Self::StretchDone {
                stretch: Stretch { map: atom, .. },
                ..
            }
            | Self::Decide(atom, _)
            | Self::Revert(atom)
            | Self::Reverted(atom)
            | Self::RevertFail { atom, .. } => *atom = other,
            Self::Resume | Self::Request(_) | Self::End(_) => {}
        }
        self
    }
}
