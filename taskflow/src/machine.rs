//! The states of a run and the one function that changes them: event in, commands out.
//!
//! The machine does no I/O, knows no clock, no thread and no value. It is asked before a record is
//! written and after one is read, so running and recovering cannot disagree, and it is the only
//! place that knows what follows a failure.

mod bits;
#[cfg(test)]
mod simulation;
mod undo;

use crate::plan::{Kind, OnFailure, Plan};
use bits::Bits;

/// What happened, or is about to: the content of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A driver takes the run up: whatever was running then is of unknown outcome.
    Resume,
    /// A task is about to run.
    Start(u32),
    /// A task was announced and did not begin after all.
    Release(u32),
    /// A task succeeded.
    Done(u32),
    /// A task failed; with `effect`, what it did is in place all the same.
    Fail { atom: u32, effect: bool },
    /// What is done about a task of unknown outcome.
    Decide(u32, Decision),
    /// A revert is about to run.
    Revert(u32),
    /// A revert succeeded.
    Reverted(u32),
    /// A revert failed.
    RevertFail(u32),
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

/// What a person can ask of a run that is not under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Go on from where it failed.
    Rerun,
    /// Undo what is in place.
    Revert,
    /// An answer about a task that waits for one.
    Resolve(u32, Answer),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// What an engine is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Run(u32),
    Revert(u32, Ended),
}

/// How an atom had ended that is to be reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Failed,
    Unknown,
}

/// A record that cannot be true of this plan at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Illegal(pub(crate) Event);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Not started, or undone, or given back.
    Pending,
    Running,
    Done,
    /// Of unknown outcome, and by its policy as good as done.
    Skipped,
    Failed,
    /// Started in a life of the process that is over.
    Unknown,
    /// Unknown, and a person is asked.
    Asked,
    Reverting,
    Reverted,
    RevertFailed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Forward,
    /// Something failed: nothing new starts, what runs is waited for.
    Stopping,
    Reverting,
    Over(End),
}

/// What is to become of a task of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing is decided, and nothing needs to be: the run is kept as it is.
    Parked,
    /// A decision is due.
    Open,
    /// It runs again.
    Rerun,
    /// Its revert is called.
    Undo,
}

// Independent facts, most of which are rare.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    state: State,
    /// How it had ended, for a revert that is under way or failed.
    ended: Ended,
    /// What is to become of it while its outcome is unknown.
    fate: Fate,
    /// An earlier start was cut short by a crash, so an effect may be there.
    doubt: bool,
    /// It failed and left an effect.
    effect: bool,
    /// Its value was never stored and is not in this process.
    absent: bool,
    /// It may run although the run is stopping.
    again: bool,
    /// Nothing of it, nor of anything after it, is left to undo.
    settled: bool,
    /// Atoms before it that have not passed.
    waits: u32,
    /// Atoms after it that are not settled.
    holds: u32,
    starts: u32,
    reverts: u32,
}

/// A run's state.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    plan: &'static Plan,
    /// What the run was started with.
    policy: OnFailure,
    /// What holds now: a person may have asked for the revert of a run that keeps.
    on_failure: OnFailure,
    phase: Phase,
    nodes: Vec<Node>,
    /// Tasks that may start, in the order of definition.
    ready: Bits,
    /// Tasks that may start although the run is stopping.
    again: Bits,
    /// Tasks whose revert may start.
    undo: Bits,
    in_flight: u32,
    /// How many unknown outcomes a decision is due about.
    undecided: u32,
    asked: u32,
    /// A task failed, or a person asked for the revert: waiting for an answer does not change that.
    stopped: bool,
    /// Atoms that have not passed.
    left: u32,
}

impl Machine {
    pub(crate) fn new(plan: &'static Plan, on_failure: OnFailure) -> Self {
        let node = Node {
            state: State::Pending,
            ended: Ended::Done,
            fate: Fate::Parked,
            doubt: false,
            effect: false,
            absent: false,
            again: false,
            settled: false,
            waits: 0,
            holds: 0,
            starts: 0,
            reverts: 0,
        };
        let atoms = plan.len();
        let mut machine = Self {
            plan,
            policy: on_failure,
            on_failure,
            phase: Phase::Forward,
            nodes: vec![node; atoms as usize],
            ready: Bits::default(),
            again: Bits::default(),
            undo: Bits::default(),
            in_flight: 0,
            undecided: 0,
            asked: 0,
            stopped: false,
            left: atoms,
        };
        machine.recount();
        machine
    }

    /// Applies what happened.
    // Where the event is known, nothing is left of it but the one call.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn on(&mut self, event: Event) -> Result<(), Illegal> {
        let legal = match event {
            Event::Start(atom) => self.start(atom),
            Event::Done(atom) => self.done(atom),
            Event::Fail { atom, effect } => self.fail(atom, effect),
            Event::Release(atom) => self.release(atom),
            Event::Resume => {
                self.resume();
                Some(())
            }
            Event::Decide(atom, decision) => self.decide(atom, decision),
            Event::Revert(atom) => self.revert(atom),
            Event::Reverted(atom) => self.reverted(atom),
            Event::RevertFail(atom) => self.revert_fail(atom),
            Event::Request(request) => self.request(request),
            Event::End(end) => self.end(end),
        };
        match legal {
            Some(()) => {
                self.settle();
                Ok(())
            }
            None => Err(Illegal(event)),
        }
    }

    /// What may be started now; the same answer until an event says that it was.
    #[inline]
    pub(crate) fn next(&self) -> Option<Command> {
        // First what a run that goes well asks for every task.
        if self.phase == Phase::Forward
            && let Some(atom) = self.ready.first()
        {
            return Some(Command::Run(atom));
        }
        match self.phase {
            Phase::Forward | Phase::Reverting => self.next_revert(),
            Phase::Stopping => self.again.first().map(Command::Run),
            Phase::Over(_) => None,
        }
    }

    fn next_revert(&self) -> Option<Command> {
        // The last in the order of definition goes first.
        self.undo
            .last()
            .map(|atom| Command::Revert(atom, self.ended(atom)))
    }

    /// How many could be started at once.
    #[inline]
    pub(crate) fn ready(&self) -> usize {
        match self.phase {
            Phase::Forward => self.ready.len() + self.undo.len(),
            Phase::Stopping => self.again.len(),
            Phase::Reverting => self.undo.len(),
            Phase::Over(_) => 0,
        }
    }

    /// How the run ends, once nothing is under way and nothing can be started.
    #[inline]
    pub(crate) fn verdict(&self) -> Option<End> {
        if self.in_flight > 0 || self.undecided > 0 || self.ready() > 0 {
            return None;
        }
        match self.phase {
            Phase::Over(end) => Some(end),
            _ if self.asked > 0 => Some(End::Waiting),
            Phase::Forward if self.left == 0 => Some(End::Succeeded),
            Phase::Forward => None,
            Phase::Stopping => Some(End::Failed),
            Phase::Reverting => Some(self.undone()),
        }
    }

    /// The next task of unknown outcome, and what is to be done about it.
    #[inline]
    pub(crate) fn undecided(&self) -> Option<(u32, Decision)> {
        if self.undecided == 0 {
            return None;
        }
        self.first_undecided()
    }

    #[cold]
    fn first_undecided(&self) -> Option<(u32, Decision)> {
        let atom = (0..self.plan.len()).find(|&atom| self.node(atom).fate == Fate::Open)?;
        Some((atom, self.decision(atom)))
    }

    pub(crate) fn state(&self, atom: u32) -> State {
        self.node(atom).state
    }

    pub(crate) fn starts(&self, atom: u32) -> u32 {
        self.node(atom).starts
    }

    pub(crate) fn reverts(&self, atom: u32) -> u32 {
        self.node(atom).reverts
    }

    /// Whether nothing new starts any more.
    pub(crate) fn is_stopping(&self) -> bool {
        self.phase != Phase::Forward
    }

    /// How the run was left, if it was.
    pub(crate) fn over(&self) -> Option<End> {
        match self.phase {
            Phase::Over(end) => Some(end),
            _ => None,
        }
    }

    fn node(&self, atom: u32) -> &Node {
        &self.nodes[atom as usize]
    }

    fn node_mut(&mut self, atom: u32) -> Option<&mut Node> {
        self.nodes.get_mut(atom as usize)
    }

    #[inline]
    fn start(&mut self, atom: u32) -> Option<()> {
        let set = match self.phase {
            Phase::Forward => &mut self.ready,
            Phase::Stopping => &mut self.again,
            Phase::Reverting | Phase::Over(_) => return None,
        };
        if !set.remove(atom) {
            return None;
        }
        let node = &mut self.nodes[atom as usize];
        node.state = State::Running;
        node.starts += 1;
        node.absent = false;
        self.in_flight += 1;
        Some(())
    }

    #[inline]
    fn running(&mut self, atom: u32) -> Option<&mut Node> {
        let node = self.nodes.get_mut(atom as usize)?;
        if node.state != State::Running {
            return None;
        }
        self.in_flight -= 1;
        Some(node)
    }

    fn release(&mut self, atom: u32) -> Option<()> {
        let node = self.running(atom)?;
        node.starts -= 1;
        node.state = if node.doubt {
            State::Unknown
        } else {
            State::Pending
        };
        if self.node(atom).state == State::Unknown && self.is_undoing() {
            self.set_fate(atom, Fate::Open);
        } else {
            self.reach_if_due(atom);
        }
        Some(())
    }

    #[inline]
    fn done(&mut self, atom: u32) -> Option<()> {
        let node = self.running(atom)?;
        node.state = State::Done;
        node.doubt = false;
        node.again = false;
        // As `reach_if_due`, of an atom that is known to be done.
        if node.waits == 0 {
            self.pass(atom);
        }
        Some(())
    }

    fn fail(&mut self, atom: u32, effect: bool) -> Option<()> {
        let node = self.running(atom)?;
        node.state = State::Failed;
        node.effect = effect;
        node.doubt = false;
        node.again = false;
        self.stop();
        Some(())
    }

    fn revert(&mut self, atom: u32) -> Option<()> {
        if !matches!(self.phase, Phase::Forward | Phase::Reverting) || !self.undo.remove(atom) {
            return None;
        }
        let ended = self.ended(atom);
        let node = &mut self.nodes[atom as usize];
        node.ended = ended;
        node.state = State::Reverting;
        self.in_flight += 1;
        Some(())
    }

    fn reverting(&mut self, atom: u32) -> Option<&mut Node> {
        let node = self.nodes.get_mut(atom as usize)?;
        if node.state != State::Reverting {
            return None;
        }
        self.in_flight -= 1;
        node.doubt = false;
        Some(node)
    }

    fn reverted(&mut self, atom: u32) -> Option<()> {
        let forward = self.phase != Phase::Reverting;
        let node = self.reverting(atom)?;
        node.reverts += 1;
        node.effect = false;
        if forward {
            // It was of unknown outcome; now it is known to be undone, and may run.
            node.state = State::Pending;
            self.reach_if_due(atom);
        } else {
            node.state = State::Reverted;
            self.settled(atom);
        }
        Some(())
    }

    fn revert_fail(&mut self, atom: u32) -> Option<()> {
        self.reverting(atom)?.state = State::RevertFailed;
        if self.phase == Phase::Forward {
            self.stop();
        }
        Some(())
    }

    fn end(&mut self, end: End) -> Option<()> {
        if self.over().is_some() || self.verdict() != Some(end) {
            return None;
        }
        self.phase = Phase::Over(end);
        Some(())
    }

    /// `Done` for the one task that is under way, and `Start` for what [`next`](Machine::next) then
    /// says to run: the same as the two events, in fewer steps.
    ///
    /// Nothing if that is no task, or if something is to be decided first.
    #[inline]
    pub(crate) fn advance(&mut self, atom: u32) -> Option<u32> {
        let alone = self.phase == Phase::Forward && self.in_flight == 1 && self.ready.is_empty();
        let next = match self.plan.succ(atom) {
            Some(next) if alone => next,
            _ => {
                self.on(Event::Done(atom)).ok()?;
                return self.start_next();
            }
        };
        let done = &mut self.nodes[atom as usize];
        debug_assert_eq!(done.state, State::Running);
        done.state = State::Done;
        done.doubt = false;
        done.again = false;
        if done.waits > 0 {
            self.in_flight = 0;
            return self.start_next();
        }
        self.left -= 1;
        let node = &mut self.nodes[next as usize];
        node.waits -= 1;
        let is_task = self.plan.atom(next).kind.is_task();
        if node.waits == 0 && is_task && node.state == State::Pending && !node.again {
            node.state = State::Running;
            node.starts += 1;
            node.absent = false;
            return Some(next);
        }
        if node.waits == 0 {
            self.reach(next);
        }
        self.in_flight = 0;
        self.start_next()
    }

    /// `Start` for the task that [`next`](Machine::next) says to run, if it is one and nothing is to
    /// be decided first.
    pub(crate) fn start_next(&mut self) -> Option<u32> {
        match self.next() {
            Some(Command::Run(next)) if self.undecided == 0 => {
                self.on(Event::Start(next)).ok()?;
                Some(next)
            }
            _ => None,
        }
    }

    /// What comes after an atom may start now, as far as it waited for this one.
    #[inline]
    fn pass(&mut self, atom: u32) {
        self.left -= 1;
        for &after in self.plan.succs(atom) {
            let node = &mut self.nodes[after as usize];
            node.waits -= 1;
            if node.waits == 0 {
                self.reach(after);
            }
        }
    }

    /// A failure may let tasks run again for their values alone while one that comes after them is
    /// under way: it passes after them, though it is done before.
    fn reach_if_due(&mut self, atom: u32) {
        if self.node(atom).waits == 0 {
            self.reach(atom);
        }
    }

    /// Everything before an atom has passed.
    #[inline]
    fn reach(&mut self, atom: u32) {
        let node = &self.nodes[atom as usize];
        match (self.plan.atom(atom).kind, node.state) {
            (Kind::Join, _) | (_, State::Done | State::Skipped) => self.pass(atom),
            (_, State::Pending) if node.again => self.again.insert(atom),
            (_, State::Pending) => self.ready.insert(atom),
            (_, State::Unknown) => self.reach_unknown(atom),
            _ => {}
        }
    }

    fn reach_unknown(&mut self, atom: u32) {
        let node = self.node(atom);
        match node.fate {
            Fate::Rerun if node.again => self.again.insert(atom),
            Fate::Rerun => self.ready.insert(atom),
            // While the run fails, its turn comes with the other reverts.
            Fate::Undo if self.phase == Phase::Forward => self.undo.insert(atom),
            Fate::Undo | Fate::Open | Fate::Parked => {}
        }
    }

    /// Counts anew what waits for what, from the states alone.
    ///
    /// An atom passes if it is done and everything before it has passed. So an atom that runs again
    /// only because its value is not stored holds back what comes after it, also behind atoms that
    /// are done and stay so.
    fn recount(&mut self) {
        self.ready.clear();
        self.again.clear();
        self.left = self.plan.len();
        for atom in 0..self.plan.len() {
            self.nodes[atom as usize].waits = self.plan.atom(atom).before.len;
        }
        for atom in 0..self.plan.len() {
            // What has been reached through a pass already is not reached again.
            if self.plan.atom(atom).before.len == 0 {
                self.reach(atom);
            }
        }
    }
}
