//! Random plans, outcomes, crashes and requests against the machine alone, with a world that keeps
//! the truth: which effects are really in place.
//!
//! Every failure names a seed; `TASKFLOW_SEED` runs that one alone, `TASKFLOW_SEEDS` says how many
//! to try.

use super::{Answer, Command, Decision, End, Ended, Event, Machine, Request, State, Undecided};
use crate::plan::{Atom, Kind, OnFailure, Plan, Range};
use crate::task::{OnUnknown, Policy, Reverts};

/// A small generator with a seed (xorshift64*, by Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        u32::try_from(high % u64::from(bound)).expect("below a bound of that type")
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.below(one_in) == 0
    }
}

fn plan(random: &mut Random) -> &'static Plan {
    let len = 1 + random.below(8);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut edges = Vec::new();
    for to in 1..len {
        for from in 0..to {
            if random.chance(3) {
                edges.push((from, to));
            }
        }
    }
    let joins: Vec<bool> = (0..len).map(|_| random.chance(6)).collect();
    let mut atoms = Vec::new();
    let (mut after, mut before, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for atom in 0..len {
        let start = |table: &Vec<u32>| u32::try_from(table.len()).expect("small");
        let (a, b, r) = (start(&after), start(&before), start(&reads));
        after.extend(
            edges
                .iter()
                .filter(|edge| edge.0 == atom)
                .map(|edge| edge.1),
        );
        before.extend(
            edges
                .iter()
                .filter(|edge| edge.1 == atom)
                .map(|edge| edge.0),
        );
        for &(from, to) in &edges {
            if to == atom && random.chance(2) {
                reads.push(from);
            }
        }
        let range = |start, table: &Vec<u32>| Range {
            start,
            len: u32::try_from(table.len()).expect("small") - start,
        };
        atoms.push(Atom {
            name: names[atom as usize],
            scope: 0,
            kind: if joins[atom as usize] {
                Kind::Join
            } else {
                Kind::Task
            },
            policy: if joins[atom as usize] {
                Policy::DEFAULT
            } else {
                policy(random)
            },
            guard: None,
            after: range(a, &after),
            before: range(b, &before),
            reads: range(r, &reads),
        });
    }
    let on_failure = if random.chance(3) {
        OnFailure::Keep
    } else {
        OnFailure::Revert
    };
    let outputs = vec![len - 1];
    Box::leak(Box::new(Plan {
        name: "random",
        version: 1,
        on_failure,
        atoms: atoms.leak(),
        scopes: &[],
        after: after.leak(),
        before: before.leak(),
        reads: reads.leak(),
        wants: &[],
        outputs: outputs.leak(),
        fingerprint: 0,
        priorities: false,
    }))
}

/// Any combination that `#[task]` lets through.
fn policy(random: &mut Random) -> Policy {
    let transient = random.chance(5);
    let irreversible = !transient && random.chance(8);
    let reverts = match random.below(3) {
        0 if !transient => Reverts::Any,
        1 if !transient && !irreversible => Reverts::Done,
        _ => Reverts::Never,
    };
    let on_unknown = match (random.below(4), reverts) {
        (0, Reverts::Any) => OnUnknown::Revert,
        (1, _) if !transient => OnUnknown::Ask,
        (2, Reverts::Any | Reverts::Never) if !transient => OnUnknown::Skip,
        _ => OnUnknown::Rerun,
    };
    Policy {
        reverts,
        on_unknown,
        irreversible,
        transient,
        ..Policy::DEFAULT
    }
}

/// What is really so, whatever the machine believes.
struct World {
    plan: &'static Plan,
    /// Whether the effect of an atom is in place.
    effect: Vec<bool>,
    /// Whether a value of an atom is in this process or in the book.
    value: Vec<bool>,
    /// Whether a start of an atom was cut short, and nobody has found out since what came of it.
    cut: Vec<bool>,
    /// Whether an atom is done and its value stored.
    stored: Vec<bool>,
    /// What is under way: lost with the process.
    flight: Vec<Command>,
}

impl World {
    fn check_start(&self, machine: &Machine, atom: u32) {
        for &before in self.plan.preds(atom) {
            self.check_passed(machine, before, atom);
        }
        assert!(!self.lacks(atom), "{atom} started without what it reads");
        assert!(!self.stored[atom as usize], "{atom} is done and runs again");
        let policy = self.plan.atom(atom).policy.on_unknown;
        assert!(
            !self.cut[atom as usize] || policy == OnUnknown::Rerun,
            "{atom} may have happened and runs again, against its policy {policy:?}"
        );
    }

    fn check_passed(&self, machine: &Machine, before: u32, atom: u32) {
        match self.plan.atom(before).kind {
            Kind::Join => {
                for &more in self.plan.preds(before) {
                    self.check_passed(machine, more, atom);
                }
            }
            _ => assert!(
                matches!(machine.state(before), State::Done | State::Skipped),
                "{atom} started before {before} was done"
            ),
        }
    }

    /// Whether something that an atom reads is not there.
    fn lacks(&self, atom: u32) -> bool {
        self.plan.reads(atom).iter().any(|&read| self.absent(read))
    }

    /// Whether a value is not there, or one of those that a join hands on.
    fn absent(&self, atom: u32) -> bool {
        match self.plan.atom(atom).kind {
            Kind::Join => self.lacks(atom),
            _ => {
                let skips = self.plan.atom(atom).policy.on_unknown == OnUnknown::Skip;
                // A skipped task provides nothing, so nothing really reads it.
                !self.value[atom as usize] && !skips
            }
        }
    }

    fn crash(&mut self, random: &mut Random) {
        for command in std::mem::take(&mut self.flight) {
            match command {
                // Cut short: it may have taken effect or not.
                Command::Run(atom) => {
                    self.effect[atom as usize] |= random.chance(2);
                    self.value[atom as usize] = false;
                    self.cut[atom as usize] = true;
                }
                Command::Revert(atom, _) => {
                    if random.chance(2) {
                        self.effect[atom as usize] = false;
                    }
                }
                Command::Open(_) | Command::Close(_) => unreachable!("the plan has no groups"),
            }
        }
        for atom in 0..self.plan.len() {
            if self.plan.atom(atom).policy.transient {
                self.value[atom as usize] = false;
            }
        }
    }
}

struct Simulation {
    random: Random,
    world: World,
    machine: Machine,
    /// What was written, in order.
    book: Vec<Event>,
}

/// The short way from a finish to the next start is the same as the events of which it consists.
fn assert_same(next: Option<u32>, short: &Machine, mut long: Machine) {
    let expected = match long.next() {
        Some(Command::Run(atom)) if long.undecided().is_none() => Some(atom),
        _ => None,
    };
    if let Some(atom) = expected {
        assert_eq!(long.on(Event::Start(atom)), Ok(()));
    }
    assert_eq!(next, expected);
    let facts = |machine: &Machine| (machine.root.level.facts(), machine.next(), machine.ready());
    assert_eq!(facts(short), facts(&long));
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let plan = plan(&mut random);
        let atoms = plan.len() as usize;
        let world = World {
            plan,
            effect: vec![false; atoms],
            value: vec![false; atoms],
            cut: vec![false; atoms],
            stored: vec![false; atoms],
            flight: vec![],
        };
        let machine = Machine::new(plan, plan.on_failure);
        Self {
            random,
            world,
            machine,
            book: vec![],
        }
    }

    fn on(&mut self, event: Event) {
        if std::env::var_os("TASKFLOW_TRACE").is_some() {
            eprintln!("{event:?}");
        }
        self.machine
            .on(event)
            .unwrap_or_else(|illegal| panic!("{illegal:?}"));
        self.book.push(event);
    }

    /// Whether a crash came in between.
    fn decide(&mut self) -> bool {
        while let Some(Undecided::Unknown(atom, decision)) = self.machine.undecided() {
            self.on(Event::Decide(atom, decision));
            if self.random.chance(20) {
                return true;
            }
        }
        false
    }

    /// One life of a process: until the run is left, or a crash.
    fn live(&mut self) -> Option<End> {
        loop {
            if self.decide() {
                return None;
            }
            while self.world.flight.len() < 3 {
                let Some(command) = self.machine.next() else {
                    break;
                };
                self.begin(command);
                if self.random.chance(40) {
                    return None;
                }
            }
            if self.world.flight.is_empty() {
                let end = self
                    .machine
                    .verdict()
                    .expect("something is under way, or it is over");
                self.on(Event::End(end));
                return Some(end);
            }
            let at = self
                .random
                .below(u32::try_from(self.world.flight.len()).expect("small"));
            let command = self.world.flight.swap_remove(at as usize);
            self.finish(command);
            if self.random.chance(40) {
                return None;
            }
        }
    }

    fn begin(&mut self, command: Command) {
        match command {
            Command::Run(atom) => {
                let state = self.machine.state(atom);
                assert!(
                    matches!(state, State::Pending | State::Unknown),
                    "{atom} is {state:?}"
                );
                self.world.check_start(&self.machine, atom);
                self.on(Event::Start(atom));
            }
            Command::Open(_) | Command::Close(_) => unreachable!("the plan has no groups"),
            Command::Revert(atom, ended) => {
                let policy = self.world.plan.atom(atom).policy;
                let reverts = policy.reverts;
                assert!(
                    reverts == Reverts::Any || reverts == Reverts::Done && ended != Ended::Unknown
                );
                let stored = self.world.stored[atom as usize];
                assert_eq!(
                    stored,
                    ended == Ended::Done,
                    "{atom} is undone as {ended:?}, once for each success"
                );
                assert!(
                    !policy.irreversible || ended != Ended::Done,
                    "{atom} has succeeded and is irreversible"
                );
                for after in 0..self.world.plan.len() {
                    if self.comes_after(atom, after) && self.machine.is_stopping() {
                        let policy = self.world.plan.atom(after).policy;
                        let undone = !self.world.effect[after as usize]
                            || policy.reverts == Reverts::Never && !policy.irreversible
                            || policy.reverts == Reverts::Done
                                && self.machine.state(after) == State::Failed;
                        let state = self.machine.state(after);
                        assert!(
                            undone,
                            "{atom} is reverted before {after}: {state:?} {policy:?}"
                        );
                    }
                }
                let missing = self.machine.missing(atom);
                let lacks = self.world.lacks(atom);
                assert_eq!(
                    missing.is_some(),
                    lacks,
                    "{atom} is reverted, missing {missing:?}"
                );
                self.on(Event::Revert(atom));
            }
        }
        self.world.flight.push(command);
    }

    fn comes_after(&self, before: u32, after: u32) -> bool {
        self.world
            .plan
            .succs(before)
            .iter()
            .any(|&next| next == after || self.comes_after(next, after))
    }

    fn finish(&mut self, command: Command) {
        match command {
            Command::Open(_) | Command::Close(_) => unreachable!("the plan has no groups"),
            Command::Run(atom) if self.machine.is_stopping() && self.random.chance(6) => {
                self.on(Event::Release(atom));
            }
            Command::Run(atom) => {
                let at = atom as usize;
                let effect = self.random.chance(8);
                self.world.cut[at] = false;
                if self.random.chance(6) {
                    // A task that fails has cleaned up after itself.
                    self.world.effect[at] = effect;
                    self.on(Event::Fail {
                        atom,
                        effect,
                        refused: 0,
                        again: None,
                    });
                } else {
                    self.world.effect[at] = true;
                    self.world.value[at] = true;
                    self.world.stored[at] = !self.world.plan.atom(atom).policy.transient;
                    let mut short = self.machine.clone();
                    let next = short.advance(atom);
                    self.on(Event::Done(atom));
                    assert_same(next, &short, self.machine.clone());
                }
            }
            Command::Revert(atom, _) if self.world.lacks(atom) || self.random.chance(8) => {
                self.on(Event::RevertFail(atom));
            }
            Command::Revert(atom, _) => {
                self.world.effect[atom as usize] = false;
                self.world.cut[atom as usize] = false;
                self.world.stored[atom as usize] = false;
                self.on(Event::Reverted(atom));
            }
        }
    }

    /// Reads the book again, of which a crash may have lost the end.
    fn reopen(&mut self) {
        let mut again = Machine::new(self.world.plan, self.world.plan.on_failure);
        for &event in &self.book {
            again
                .on(event)
                .unwrap_or_else(|illegal| panic!("on reading: {illegal:?}"));
        }
        for atom in 0..self.world.plan.len() {
            assert_eq!(again.state(atom), self.machine.state(atom), "atom {atom}");
            assert_eq!(again.starts(atom), self.machine.starts(atom));
            assert_eq!(again.reverts(atom), self.machine.reverts(atom));
        }
        assert_eq!(again.over(), self.machine.over());
        assert_eq!(again.next(), self.machine.next());
        assert_eq!(again.ready(), self.machine.ready());
        assert_eq!(again.undecided(), self.machine.undecided());
        assert_eq!(again.verdict(), self.machine.verdict());
        self.machine = again;
    }

    fn check_end(&self, end: End) {
        for atom in self.world.plan.task_atoms() {
            let policy = self.world.plan.atom(atom).policy;
            let state = self.machine.state(atom);
            let in_place = self.machine.in_place().contains(&atom);
            match end {
                End::Succeeded => assert!(matches!(state, State::Done | State::Skipped)),
                // What has no revert has nothing to undo, by its author's word; and so has a task
                // that failed, unless its revert asks for the outcome.
                End::Reverted | End::Failed | End::RevertFailed => {
                    let matters = match policy.reverts {
                        Reverts::Any => state != State::Pending,
                        Reverts::Done => !matches!(state, State::Failed | State::Pending),
                        Reverts::Never => policy.irreversible && state == State::Done,
                    };
                    if !self.machine.is_kept() && matters && self.world.effect[atom as usize] {
                        assert!(
                            in_place,
                            "{atom} is in place, and the run says {end:?}: {state:?} {policy:?}\n{:?}",
                            self.book
                        );
                    }
                    assert!(end != End::Reverted || !in_place, "{atom} is {state:?}");
                }
                End::Waiting | End::Suspended | End::Cancelled | End::Interrupted => {}
            }
        }
        if end == End::Waiting {
            assert!(self.machine.is_asking());
        }
    }

    /// Makes again what the output of a run that succeeded lacks, as another process would.
    fn tell_again(&mut self) {
        self.world.crash(&mut self.random);
        let mut machine = self.machine.clone();
        machine.tell_again();
        while let Some(command) = machine.next() {
            let Command::Run(atom) = command else {
                panic!("{command:?} of a run that has succeeded");
            };
            assert!(self.world.plan.atom(atom).policy.transient);
            self.world.check_start(&machine, atom);
            assert_eq!(machine.on(Event::Start(atom)), Ok(()));
            let fails = self.random.chance(6);
            self.world.value[atom as usize] = !fails;
            let effect = false;
            let event = if fails {
                Event::Fail {
                    atom,
                    effect,
                    refused: 0,
                    again: None,
                }
            } else {
                Event::Done(atom)
            };
            assert_eq!(machine.on(event), Ok(()));
        }
        match machine.verdict() {
            Some(End::Succeeded) => {
                for &output in self.world.plan.outputs {
                    assert!(!self.world.absent(output), "{output} is not made again");
                }
            }
            end => assert_eq!(end, Some(End::Failed)),
        }
    }

    /// What a person would do about a run that was left, or nothing if it is over for good.
    fn request(&mut self, end: Option<End>) -> bool {
        let hand = self.random.below(4);
        let request = match end {
            Some(End::Failed) if hand < 2 => Some(Request::Rerun),
            Some(End::Failed) if hand == 2 => Some(Request::Revert),
            Some(End::RevertFailed) if hand < 3 => Some(Request::Revert),
            Some(End::Waiting) => {
                let asked = self.world.plan.task_atoms();
                let asked: Vec<_> = asked
                    .filter(|&atom| self.machine.state(atom) == State::Asked)
                    .collect();
                for atom in asked {
                    let at = atom as usize;
                    let answer = match (self.random.below(3), self.world.effect[at]) {
                        (0, _) => Answer::Rerun,
                        (_, true) => Answer::Done,
                        (_, false) => Answer::Fail,
                    };
                    self.world.value[at] |= answer == Answer::Done;
                    self.world.stored[at] |= answer == Answer::Done;
                    self.world.cut[at] = false;
                    self.on(Event::Request(Request::Resolve(atom, answer)));
                }
                None
            }
            Some(_) => return false,
            None if hand == 0 && self.random.chance(4) => Some(Request::Revert),
            None => None,
        };
        self.world.crash(&mut self.random);
        self.on(Event::Resume);
        // A crash may come before what follows is recorded.
        while self.random.chance(10) {
            self.on(Event::Resume);
        }
        if let Some(request) = request {
            self.on(Event::Request(request));
        }
        true
    }

    fn run(mut self) {
        for _ in 0..200 {
            let end = self.live();
            if let Some(end) = end {
                self.check_end(end);
                assert!(self.world.flight.is_empty());
            }
            self.reopen();
            if end == Some(End::Succeeded) {
                self.tell_again();
            }
            if !self.request(end) {
                return;
            }
        }
    }
}

#[test]
fn random_runs_keep_their_promises() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("TASKFLOW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TASKFLOW_SEEDS").unwrap_or(20_000),
    };
    for seed in seeds {
        let result = std::panic::catch_unwind(|| Simulation::new(seed).run());
        assert!(result.is_ok(), "TASKFLOW_SEED={seed} fails");
    }
}

#[test]
fn decisions_have_a_code_each() {
    let all = [
        Decision::Rerun,
        Decision::Undo,
        Decision::Ask,
        Decision::Skip,
        Decision::Leave,
    ];
    for (code, decision) in all.into_iter().enumerate() {
        assert_eq!(decision as usize, code);
    }
}
