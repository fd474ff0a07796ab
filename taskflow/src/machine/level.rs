//! One level of a run: the atoms of a flow, or of one body of a group, and what changes them.
//!
//! To a level, a group is an atom like a task: it starts, it is done or fails, and it is reverted.
//! What goes on inside is the business of the levels of its bodies.

#[cfg(test)]
mod check;
mod order;
mod taken_up;
mod undo;

use smallvec::SmallVec;

use super::bits::Bits;
use super::{Command, Decision, End, Ended, Event};
use crate::plan::{Group, Kind, OnFailure, Plan, Setup};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Not started, or undone, or given back.
    Pending,
    Running,
    /// It has begun, and goes on at a point in time or when something comes from outside: a sleep,
    /// a signal, or a task between two attempts.
    Waiting,
    /// In an arm that is not taken.
    Idle,
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
    /// Its revert failed, and is attempted again at a point in time.
    Unreverted,
    RevertFailed,
}

impl State {
    /// Whether something happens at a point in time, or when something comes from outside.
    pub(super) fn waits(self) -> bool {
        matches!(self, Self::Waiting | Self::Unreverted)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Forward,
    /// Something failed: nothing new starts, what runs is waited for.
    Stopping,
    Reverting,
    Over(End),
}

/// What is to become of a task of unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// A controller that has worked out what it does.
    open: bool,
    /// A group of which something is in place, as far as it was asked.
    inside: bool,
    /// A group of which something stays in place that cannot be undone.
    walled: bool,
    /// Nothing of it, nor of anything after it, is left to undo.
    settled: bool,
    /// Atoms before it that have not passed.
    waits: u32,
    /// Atoms after it that are not settled.
    holds: u32,
    starts: u32,
    reverts: u32,
    /// The attempts that failed, since the task last succeeded or was taken up by hand.
    fails: u32,
    /// The attempts of its revert that failed, since one was last begun with.
    revert_fails: u32,
}

/// The state of one level.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) plan: &'static Plan,
    /// What the run was started with.
    policy: OnFailure,
    /// What holds now: a person may have asked for the revert of a run that keeps.
    on_failure: OnFailure,
    pub(super) phase: Phase,
    nodes: Vec<Node>,
    /// Tasks that may start, in the order of definition.
    ready: Bits,
    /// Tasks that may start although the run is stopping.
    again: Bits,
    /// Tasks whose revert may start.
    pub(super) undo: Bits,
    /// What the group around it reads cannot be had again: no task runs again, for its value or to
    /// be undone then.
    cut: bool,
    /// Groups that run and have now been reached again.
    pub(super) woken: SmallVec<[u32; 1]>,
    /// What has begun and is not over.
    in_flight: u32,
    /// As far as an engine is at it.
    at_work: u32,
    /// How many unknown outcomes a decision is due about.
    undecided: u32,
    asked: u32,
    /// What waits for a point in time or for something from outside.
    waiting: u32,
    /// Atoms that have not passed.
    left: u32,
}

impl Level {
    #[inline]
    pub(crate) fn new(plan: &'static Plan, on_failure: OnFailure) -> Self {
        let node = Node {
            state: State::Pending,
            ended: Ended::Done,
            fate: Fate::Parked,
            doubt: false,
            effect: false,
            absent: false,
            again: false,
            open: false,
            inside: false,
            walled: false,
            settled: false,
            waits: 0,
            holds: 0,
            starts: 0,
            reverts: 0,
            fails: 0,
            revert_fails: 0,
        };
        let mut level = Self {
            plan,
            policy: on_failure,
            on_failure,
            phase: Phase::Forward,
            nodes: vec![node; plan.atoms.len()],
            ready: Bits::default(),
            again: Bits::default(),
            undo: Bits::default(),
            cut: false,
            woken: SmallVec::new(),
            in_flight: 0,
            at_work: 0,
            undecided: 0,
            asked: 0,
            waiting: 0,
            left: plan.len(),
        };
        level.recount();
        level
    }

    /// Applies what happened.
    // Where the event is known, nothing is left of it but the one call.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(super) fn on(&mut self, event: Event) -> Option<()> {
        match event {
            Event::Start(atom) => self.start(atom),
            Event::Done(atom) => self.done(atom),
            Event::Fail {
                atom,
                effect,
                again,
                ..
            } => self.fail(atom, effect, again.is_some()),
            Event::Release(atom) => self.release(atom),
            Event::Open { atom, setup, .. } => self.open(atom, setup),
            Event::Checkpoint(atom) => {
                (self.nodes.get(atom as usize)?.state == State::Running).then_some(())
            }
            Event::Due(atom) => self.due(atom),
            Event::Signal(atom) => self.signalled(atom),
            Event::Decide(atom, decision) => self.decide(atom, decision),
            Event::Revert(atom) => self.revert(atom),
            Event::Reverted(atom) => self.reverted(atom),
            Event::RevertFail { atom, again } => self.revert_fail(atom, again.is_some()),
            Event::Resume
            | Event::Request(_)
            | Event::End(_)
            | Event::Close(_)
            | Event::Consult(_)
            | Event::Stretch(_)
            | Event::StretchDone { .. }
            | Event::Attempt { .. } => None,
        }?;
        self.settle();
        Some(())
    }

    /// What may be started now; the same answer until an event says that it was.
    #[inline]
    pub(super) fn next(&self) -> Option<Command> {
        // First what a run that goes well asks for every task.
        if self.phase == Phase::Forward
            && let Some(atom) = self.first_ready()
        {
            return Some(Command::Run(atom));
        }
        match self.phase {
            Phase::Forward | Phase::Reverting => self.next_revert(),
            Phase::Stopping => self.again.first().map(Command::Run),
            Phase::Over(_) => None,
        }
    }

    /// Which of those that are ready starts first.
    #[inline]
    fn first_ready(&self) -> Option<u32> {
        let first = self.ready.first()?;
        Some(if self.plan.priorities {
            self.first_by_priority(first)
        } else {
            first
        })
    }

    /// The task that goes before the others, of those that are ready.
    #[cold]
    fn first_by_priority(&self, first: u32) -> u32 {
        let priority = |atom: u32| self.plan.atom(atom).policy.priority;
        let ready = (first..self.plan.len()).filter(|&atom| self.ready.contains(atom));
        // Of equals, the first.
        ready
            .rev()
            .max_by_key(|&atom| priority(atom))
            .unwrap_or(first)
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
            _ if self.asked > 0 => None,
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

    pub(super) fn undecided_count(&self) -> u32 {
        self.undecided
    }

    pub(super) fn asked_count(&self) -> u32 {
        self.asked
    }

    pub(super) fn at_work(&self) -> u32 {
        self.at_work
    }

    /// Whether an atom failed, also if it was reverted since.
    pub(super) fn had_failed(&self, atom: u32) -> bool {
        let node = self.node(atom);
        match node.state {
            State::Failed => true,
            State::Reverting | State::Reverted | State::Unreverted | State::RevertFailed => {
                node.ended == Ended::Failed
            }
            _ => false,
        }
    }

    pub(super) fn waiting(&self) -> u32 {
        self.waiting
    }

    /// A group goes on that had begun before.
    pub(super) fn restart(&mut self, atom: u32) {
        if self.start(atom).is_some() {
            self.at_work -= 1;
        }
    }

    /// A group works out anew what it does when its turn comes again.
    pub(super) fn reopen(&mut self, atom: u32) {
        self.nodes[atom as usize].open = false;
    }

    /// Whether everything before an atom that has begun has passed.
    pub(super) fn is_reached(&self, atom: u32) -> bool {
        self.node(atom).waits == 0
    }

    /// Whether a controller has worked out what it does.
    pub(super) fn is_open(&self, atom: u32) -> bool {
        self.node(atom).open
    }

    pub(super) fn is_ready(&self, atom: u32) -> bool {
        self.phase == Phase::Forward && self.ready.contains(atom)
    }

    pub(super) fn fails(&self, atom: u32) -> u32 {
        self.node(atom).fails
    }

    pub(crate) fn revert_fails(&self, atom: u32) -> u32 {
        self.node(atom).revert_fails
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

    /// Whether every atom has passed.
    pub(super) fn has_passed(&self) -> bool {
        self.left == 0
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
    pub(super) fn start(&mut self, atom: u32) -> Option<()> {
        let set = match self.phase {
            Phase::Forward => &mut self.ready,
            Phase::Stopping => &mut self.again,
            Phase::Reverting | Phase::Over(_) => return None,
        };
        if !set.remove(atom) {
            return None;
        }
        self.begin(atom);
        Some(())
    }

    #[inline]
    fn begin(&mut self, atom: u32) {
        let node = &mut self.nodes[atom as usize];
        node.state = State::Running;
        node.starts += 1;
        node.absent = false;
        self.in_flight += 1;
        self.at_work += 1;
    }

    /// A controller has worked out what it does.
    fn open(&mut self, atom: u32, setup: Setup) -> Option<()> {
        let node = self.nodes.get_mut(atom as usize)?;
        if node.state != State::Running || node.open {
            return None;
        }
        node.open = true;
        self.at_work -= 1;
        match (self.plan.atom(atom).kind, setup) {
            (Kind::Match, Setup::Arm(arm)) => {
                self.in_flight -= 1;
                self.choose(atom, arm);
                self.nodes[atom as usize].state = State::Done;
                self.reach_if_due(atom);
            }
            (Kind::Sleep, Setup::Sleep(_)) | (Kind::Signal, Setup::Signal(_)) => {
                self.nodes[atom as usize].state = State::Waiting;
                self.waiting += 1;
                // A run that came to a stop meanwhile does not wait.
                if self.phase != Phase::Forward {
                    self.let_go(atom);
                }
            }
            (Kind::Group(Group::Retry, _), Setup::Retry(_) | Setup::Controlled { .. })
            | (Kind::Group(Group::Map, _), Setup::Map { .. })
            | (Kind::Group(Group::Try, _), Setup::Try)
            | (Kind::Group(Group::Timeout, _), Setup::Timeout(_))
            | (Kind::Group(Group::Limit, _), Setup::Limit(_)) => {}
            _ => return None,
        }
        Some(())
    }

    /// Everything in the other arms is idle.
    fn choose(&mut self, choice: u32, arm: u32) {
        for atom in choice + 1..self.plan.len() {
            let Some(guard) = self.plan.atom(atom).guard else {
                continue;
            };
            let idle = guard.choice == choice && guard.arm != arm
                || guard.choice > choice && self.node(guard.choice).state == State::Idle;
            if idle && self.node(atom).state == State::Pending {
                self.nodes[atom as usize].state = State::Idle;
            }
        }
    }

    /// What had begun to wait does not any more: a task has failed, and of the others nothing has
    /// happened.
    pub(super) fn let_go(&mut self, atom: u32) {
        let node = &mut self.nodes[atom as usize];
        if !node.state.waits() {
            return;
        }
        self.in_flight -= 1;
        self.waiting -= 1;
        if node.state == State::Unreverted {
            node.state = undo::before_revert(node.ended);
        } else if self.plan.atom(atom).kind.is_task() {
            node.state = State::Failed;
        } else {
            node.state = State::Pending;
            node.open = false;
            node.starts -= 1;
        }
    }

    /// The time has come that something waited for.
    fn due(&mut self, atom: u32) -> Option<()> {
        let node = self.nodes.get_mut(atom as usize)?;
        if !node.state.waits() {
            return None;
        }
        self.in_flight -= 1;
        self.waiting -= 1;
        if node.state == State::Unreverted {
            node.state = undo::before_revert(node.ended);
            self.revert_again(atom);
            return Some(());
        }
        match self.plan.atom(atom).kind {
            Kind::Sleep => {
                node.state = State::Done;
                self.reach_if_due(atom);
            }
            Kind::Signal => {
                node.state = State::Failed;
                node.open = false;
                self.stop();
            }
            _ => {
                node.state = State::Pending;
                self.reach_if_due(atom);
            }
        }
        Some(())
    }

    /// What a signal waited for has come.
    fn signalled(&mut self, atom: u32) -> Option<()> {
        let is_signal = matches!(self.plan.atoms.get(atom as usize)?.kind, Kind::Signal);
        let node = self.node_mut(atom)?;
        if !is_signal || node.state != State::Waiting {
            return None;
        }
        node.state = State::Done;
        self.in_flight -= 1;
        self.waiting -= 1;
        self.reach_if_due(atom);
        Some(())
    }

    #[inline]
    fn running(&mut self, atom: u32) -> Option<&mut Node> {
        let node = self.nodes.get_mut(atom as usize)?;
        if node.state != State::Running {
            return None;
        }
        self.in_flight -= 1;
        // An engine is at every task, and at a controller until it has worked out what it does.
        self.at_work -= u32::from(!node.open);
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
    pub(super) fn done(&mut self, atom: u32) -> Option<()> {
        let node = self.running(atom)?;
        node.state = State::Done;
        node.doubt = false;
        node.again = false;
        node.fails = 0;
        // As `reach_if_due`, of an atom that is known to be done.
        if node.waits == 0 {
            self.pass(atom);
        }
        Some(())
    }

    /// A task failed; with `again` it is attempted once more, if the level goes on meanwhile.
    pub(super) fn fail(&mut self, atom: u32, effect: bool, again: bool) -> Option<()> {
        let forward = self.phase == Phase::Forward;
        let node = self.running(atom)?;
        node.fails += 1;
        node.doubt = false;
        if again && forward {
            node.state = State::Waiting;
            self.in_flight += 1;
            self.waiting += 1;
            return Some(());
        }
        node.state = State::Failed;
        node.effect = effect;
        node.again = false;
        self.stop();
        Some(())
    }

    pub(super) fn revert(&mut self, atom: u32) -> Option<()> {
        if !matches!(self.phase, Phase::Forward | Phase::Reverting) || !self.undo.remove(atom) {
            return None;
        }
        let ended = self.ended(atom);
        let node = &mut self.nodes[atom as usize];
        node.ended = ended;
        node.state = State::Reverting;
        self.in_flight += 1;
        self.at_work += u32::from(self.plan.atom(atom).kind.body().is_none());
        Some(())
    }

    fn reverting(&mut self, atom: u32) -> Option<&mut Node> {
        let node = self.nodes.get_mut(atom as usize)?;
        if node.state != State::Reverting {
            return None;
        }
        self.in_flight -= 1;
        self.at_work -= u32::from(self.plan.atom(atom).kind.body().is_none());
        node.doubt = false;
        Some(node)
    }

    pub(super) fn reverted(&mut self, atom: u32) -> Option<()> {
        let forward = self.phase != Phase::Reverting;
        let node = self.reverting(atom)?;
        node.reverts += 1;
        node.revert_fails = 0;
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

    /// A revert failed; with `again` it is attempted once more.
    pub(super) fn revert_fail(&mut self, atom: u32, again: bool) -> Option<()> {
        let (phase, on_failure) = (self.phase, self.on_failure);
        let node = self.reverting(atom)?;
        // Where nothing is undone any more, there is no other attempt.
        if again && (phase != Phase::Stopping || on_failure == OnFailure::Revert) {
            node.revert_fails += 1;
            node.state = State::Unreverted;
            self.in_flight += 1;
            self.waiting += 1;
            return Some(());
        }
        node.revert_fails = 0;
        node.state = State::RevertFailed;
        if self.phase == Phase::Forward {
            self.stop();
        }
        Some(())
    }

    pub(super) fn end(&mut self, end: End) -> Option<()> {
        if self.over().is_some() || self.verdict() != Some(end) {
            return None;
        }
        self.phase = Phase::Over(end);
        Some(())
    }
}
