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
mod event;
mod frame;
mod level;
#[cfg(test)]
mod simulation;
mod sums;
mod tell;
mod way;

use crate::plan::{OnFailure, Plan};
use frame::Frame;
use way::{Numbers, Timers};

pub(crate) use bodies::Opened;
pub(crate) use event::{
    Answer, Command, Decision, End, Ended, Event, Illegal, Request, Stretch, Undecided,
};
pub(crate) use level::State;
pub(crate) use tell::About;
pub(crate) use way::{InBody, Place, Way};

/// The number of the run itself, where a point in time is about that and not about an atom: no atom
/// has it, as [`Numbers`] ends before.
pub(crate) const RUN: u32 = u32::MAX;

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
    #[inline]
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
            Event::Start(atom) | Event::Done(atom) if self.stands_alone(atom) => {
                self.root.level.on(event)
            }
            event => self.apply(event),
        };
        legal.ok_or(Illegal(event))
    }

    /// Whether an atom is one of the flow itself and no group has begun: what happens to it
    /// concerns nothing else.
    #[inline]
    fn stands_alone(&self, atom: u32) -> bool {
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

    /// Lets the transient tasks run again that the output of a run needs which succeeded.
    ///
    /// That is no part of the run: nothing of it is recorded, and nothing is undone if it fails.
    pub(crate) fn tell_again(&mut self) {
        self.root.level.tell_again();
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
    /// `Start` for the task that [`next`](Machine::next) says to run, if it is one, nothing has
    /// failed and nothing is to be decided first.
    pub(crate) fn start_next(&mut self) -> Option<u32> {
        self.0.start_next()
    }

    /// `Done` for the one task that is under way, and `Start` for what [`next`](Machine::next) then
    /// says to run: the same as the two events, in fewer steps.
    ///
    /// Nothing if that is no task, if something has failed, or if something is to be decided first.
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

fn waits(end: End) -> bool {
    end == End::Waiting
}
