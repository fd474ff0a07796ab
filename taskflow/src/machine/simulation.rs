//! Random plans, outcomes, crashes and requests against the machine alone, with a world that keeps
//! the truth: which effects are really in place.
//!
//! Every failure names a seed; `TASKFLOW_SEED` runs that one alone, `TASKFLOW_SEEDS` says how many
//! to try, and `TASKFLOW_TRACE` prints the events.

mod ends;
mod person;
mod plans;
mod random;
mod world;

use super::check::digest;
use super::{Command, Decision, End, Event, Machine, Request, State, Undecided};
use crate::plan::Setup;
use crate::plan::{Kind, Plan};
use random::Random;
use std::collections::BTreeMap;
use world::{InBody, World};

/// So many runs follow one plan, which is never freed.
const RUNS_PER_PLAN: u64 = 32;

/// More events than a run can need, whatever goes wrong in it.
const EVENTS_MAX: usize = 60_000;

struct Simulation {
    random: Random,
    plan: &'static Plan,
    world: World,
    machine: Machine,
    /// What was written, in order.
    book: Vec<Event>,
    now: u64,
    /// How many engines there are.
    engines: usize,
    /// Bodies that begin anew once what is in them is undone: whether they must.
    restarts: BTreeMap<InBody, bool>,
    trace: bool,
}

impl Simulation {
    fn new(seed: u64, plan: &'static Plan) -> Self {
        let mut random = Random::new(seed);
        Self {
            plan,
            world: World::default(),
            machine: Machine::new(plan, plan.on_failure),
            book: vec![],
            now: 1000,
            engines: 1 + random.below(4) as usize,
            restarts: BTreeMap::new(),
            trace: std::env::var_os("TASKFLOW_TRACE").is_some(),
            random,
        }
    }

    fn on(&mut self, event: Event) {
        if self.trace {
            let path = event.atom().map(|atom| self.machine.path(atom));
            eprintln!("{:4} {event:?} {}", self.now, path.unwrap_or_default());
        }
        self.machine
            .on(event)
            .unwrap_or_else(|illegal| panic!("{illegal:?}"));
        if !matches!(event, Event::Close(_)) {
            self.book.push(event);
        }
        assert!(self.book.len() < EVENTS_MAX, "the run does not end");
        self.machine.check();
        assert_eq!(self.machine.ready() == 0, self.machine.next().is_none());
    }

    fn kind(&self, atom: u32) -> Kind {
        // An item of a map that has not begun has a place already.
        let place = self.machine.place(atom).expect("it is in the run");
        place.last().plan.atom(place.last().atom).kind
    }

    /// The plan and those of its groups, for a person.
    fn describe(plan: &Plan, indent: usize) {
        for atom in 0..plan.len() {
            let of = plan.atom(atom);
            let (after, reads, guard) = (plan.preds(atom), plan.reads(atom), of.guard);
            let kind = match of.kind {
                Kind::Group(group, _) => format!("{group:?}"),
                Kind::Task => format!("{:?}", of.policy),
                kind => format!("{kind:?}"),
            };
            eprintln!(
                "{:indent$}{atom} after {after:?} reads {reads:?} {guard:?} {kind}",
                ""
            );
            if let Some(body) = of.kind.body() {
                Self::describe(body, indent + 4);
            }
        }
    }

    /// One life of a process: until the run is left, or a crash.
    fn live(&mut self) -> Option<End> {
        loop {
            if self.interfere() || self.decide() {
                return None;
            }
            if self.random.chance(8) {
                self.check_ready();
            }
            while self.world.flight.len() < self.engines {
                let Some(command) = self.machine.next() else {
                    break;
                };
                self.begin(command);
                if self.random.chance(40) {
                    return None;
                }
            }
            self.world.check_limits(&self.machine);
            if !self.world.flight.is_empty() {
                let at = plans::small(self.world.flight.len());
                let at = self.random.below(at) as usize;
                let command = self.world.flight.swap_remove(at);
                self.finish(command);
                if self.random.chance(40) {
                    return None;
                }
            } else if let Some(end) = self.machine.verdict() {
                self.on(Event::End(end));
                return Some(end);
            } else {
                self.wait();
            }
        }
    }

    /// What happens by itself: time goes on, signals come, and people ask for something. Whether a
    /// crash came in between.
    fn interfere(&mut self) -> bool {
        if self.random.chance(4) {
            self.now += u64::from(self.random.below(3));
        }
        while let Some(atom) = self.machine.due(self.now) {
            self.on(Event::Due(atom));
            if self.random.chance(40) {
                return true;
            }
        }
        if self.random.chance(6) {
            self.signal();
        }
        if self.random.chance(60) {
            self.ask();
        }
        false
    }

    fn signal(&mut self) {
        let signals = self.machine.signals();
        if !signals.is_empty() {
            let at = self.random.below(plans::small(signals.len()));
            let atom = signals[at as usize];
            self.on(Event::Request(Request::Signal(atom)));
            self.world.truth(atom).value = true;
        }
    }

    /// Nothing is under way: something must come from outside.
    fn wait(&mut self) {
        if let Some(due) = self.machine.next_due() {
            self.now = self.now.max(due);
        } else {
            assert!(
                !self.machine.signals().is_empty(),
                "nothing is under way, nothing is waited for, and the run is not over"
            );
            self.signal();
        }
    }

    /// Whether a crash came in between.
    fn decide(&mut self) -> bool {
        while let Some(undecided) = self.machine.undecided() {
            match undecided {
                Undecided::Unknown(atom, decision) => self.on(Event::Decide(atom, decision)),
                Undecided::Attempt {
                    atom,
                    failed,
                    retry,
                } => {
                    let wait = u64::from(self.random.below(3));
                    let until = if wait == 0 { 0 } else { self.now + wait };
                    let truth = self.world.truth(atom);
                    assert_eq!(truth.tries, failed);
                    assert!(failed < retry.times, "{atom} is attempted too often");
                    truth.tries += 1;
                    self.restarts.insert((atom, 0), true);
                    self.on(Event::Attempt { atom, until });
                }
            }
            if self.random.chance(20) {
                return true;
            }
        }
        false
    }

    /// As many can be started as the machine says.
    fn check_ready(&self) {
        let mut machine = self.machine.clone();
        for _ in 0..self.machine.ready() {
            let command = machine.next().expect("more are ready");
            let event = match command {
                Command::Run(atom) | Command::Open(atom) => Event::Start(atom),
                Command::Close(atom) => Event::Close(atom),
                Command::Revert(atom, _) => Event::Revert(atom),
            };
            assert_eq!(machine.on(event), Ok(()));
        }
    }

    fn begin(&mut self, command: Command) {
        let atom = command.atom();
        let place = self.machine.place(atom).expect("it is in the run");
        match command {
            Command::Run(_) | Command::Open(_) => {
                let state = self.machine.state(atom);
                assert!(
                    matches!(state, State::Pending | State::Unknown),
                    "{atom} is {state:?}"
                );
                self.begin_anew(&place);
                let is_run = matches!(command, Command::Run(_));
                assert_eq!(is_run, self.kind(atom).is_task());
                self.world.check_start(&self.machine, &place, is_run);
                self.on(Event::Start(atom));
            }
            Command::Close(_) => {
                assert_eq!(self.machine.state(atom), State::Running);
                self.on(Event::Close(atom));
            }
            Command::Revert(_, ended) => {
                self.world.check_revert(&self.machine, &place, ended);
                assert_eq!(
                    self.machine.missing(atom).is_some(),
                    self.world.lacks_around(&self.machine, &place),
                    "{atom} is reverted, missing {:?}",
                    self.machine.missing(atom)
                );
                self.on(Event::Revert(atom));
            }
        }
        self.world.flight.push(command);
    }

    /// The first start in a group that begins anew.
    fn begin_anew(&mut self, place: &super::Place) {
        let atom = place.number();
        if self.machine.is_undoing(atom) {
            return;
        }
        let outer = place.levels.len() - 1;
        for stand in &place.levels[..outer] {
            let body = world::in_body(stand);
            let begins = match self.restarts.remove(&body) {
                Some(must) => self.world.begin_anew(&self.machine, body, must),
                None => false,
            };
            if begins {
                for within in self.world.within(&self.machine, body) {
                    let within = within.number();
                    self.restarts.retain(|&(group, _), _| group != within);
                }
            }
        }
    }

    fn finish(&mut self, command: Command) {
        let stops = self.machine.is_stopping() || self.machine.is_undoing(command.atom());
        match command {
            Command::Run(atom) | Command::Open(atom) if stops && self.random.chance(6) => {
                self.on(Event::Release(atom));
            }
            Command::Open(atom) | Command::Close(atom) if self.random.chance(20) => {
                self.fail(atom, false);
            }
            Command::Open(atom) => self.open(atom),
            Command::Close(atom) => self.on(Event::Done(atom)),
            Command::Run(atom) if self.random.chance(12) => {
                self.on(Event::Checkpoint(atom));
                self.world.flight.push(command);
            }
            Command::Run(atom) if self.random.chance(6) => {
                let effect = self.random.chance(8);
                self.fail(atom, effect);
            }
            Command::Run(atom) => {
                let transient = self.machine.is_transient(atom);
                let truth = self.world.truth(atom);
                (truth.cut, truth.effect, truth.value) = (false, true, true);
                truth.stored = !transient;
                let mut short = self.machine.clone();
                let is_flat = short.root.is_flat() && !short.is_held();
                let next = short.advance(atom);
                self.on(Event::Done(atom));
                if is_flat {
                    assert_same(next, &short, self.machine.clone());
                }
            }
            Command::Revert(atom, _) => {
                let place = self.machine.place(atom).expect("it is in the run");
                let lacks = self.world.lacks_around(&self.machine, &place);
                if lacks || self.random.chance(8) {
                    self.on(Event::RevertFail(atom));
                } else {
                    let truth = self.world.truth(atom);
                    (truth.effect, truth.cut, truth.stored) = (false, false, false);
                    self.on(Event::Reverted(atom));
                }
            }
        }
    }

    fn fail(&mut self, atom: u32, effect: bool) {
        // The retries that the error speaks against.
        let refused = if self.random.chance(6) {
            1 << self.random.below(4)
        } else {
            0
        };
        if self.kind(atom).is_task() {
            // A task that fails has cleaned up after itself.
            let truth = self.world.truth(atom);
            (truth.cut, truth.effect) = (false, effect);
        }
        let again = self.machine.may_retry(atom, refused, effect);
        let wait = u64::from(self.random.below(3));
        self.on(Event::Fail {
            atom,
            effect,
            refused,
            again: again.map(|_| self.now + wait),
        });
    }

    fn open(&mut self, atom: u32) {
        let setup = world::setup(self.kind(atom), &mut self.random);
        let until = match setup {
            Setup::Timeout(ms) | Setup::Sleep(ms) | Setup::Signal(ms @ 1..) => self.now + ms,
            _ => 0,
        };
        let truth = self.world.truth(atom);
        (truth.setup, truth.tries) = (Some(setup), 1);
        self.on(Event::Open { atom, setup, until });
    }

    fn run(mut self) {
        if self.trace {
            eprintln!("{:?}", self.plan.on_failure);
            Self::describe(self.plan, 0);
        }
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

    /// Reads the book again, of which a crash may have lost the end.
    fn reopen(&mut self) {
        let mut again = Machine::new(self.plan, self.plan.on_failure);
        for &event in &self.book {
            again
                .on(event)
                .unwrap_or_else(|illegal| panic!("on reading: {illegal:?}"));
        }
        let closes = |command: &Command| matches!(command, Command::Close(_));
        // What was being put together leaves no trace.
        if !self.world.flight.iter().any(closes) {
            assert_eq!(digest(&again), digest(&self.machine), "read again");
            assert_eq!(again.next(), self.machine.next());
            assert_eq!(again.ready(), self.machine.ready());
            assert_eq!(again.undecided(), self.machine.undecided());
            assert_eq!(again.verdict(), self.machine.verdict());
            assert_eq!(again.over(), self.machine.over());
            assert_eq!(again.in_place(), self.machine.in_place());
        }
        for &atom in self.world.atoms.keys() {
            assert_eq!(again.state(atom), self.machine.state(atom), "atom {atom}");
            assert_eq!(again.starts(atom), self.machine.starts(atom));
            assert_eq!(again.reverts(atom), self.machine.reverts(atom));
        }
        self.machine = again;
    }
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
    assert_eq!(digest(short), digest(&long));
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
    let mut drawn: Option<(u64, &'static Plan)> = None;
    for seed in seeds {
        let of = seed / RUNS_PER_PLAN;
        let plan = match drawn {
            Some((number, plan)) if number == of => plan,
            _ => plans::flow(&mut Random::new(of)),
        };
        drawn = Some((of, plan));
        let result = std::panic::catch_unwind(|| Simulation::new(seed, plan).run());
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
