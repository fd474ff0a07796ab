//! Random plans, outcomes, crashes and requests against the machine alone, with a world that keeps
//! the truth: which effects are really in place.
//!
//! Every failure names a seed; `TASKFLOW_SEED` runs that one alone, `TASKFLOW_SEEDS` says how many
//! to try, and `TASKFLOW_TRACE` prints the events.

mod ends;
mod exhaustive;
mod life;
mod person;
mod plans;
mod promises;
mod random;
mod steps;
mod stretch;
mod world;

use super::check::digest;
use super::{Command, Decision, End, Event, Machine};
use crate::plan::{Kind, Plan};
use random::Random;
use std::collections::BTreeMap;
use world::{InBody, World};

/// So many runs follow one plan, which is never freed.
const RUNS_PER_PLAN: u64 = 32;

/// More events than a run can need, whatever goes wrong in it.
const EVENTS_MAX: usize = 60_000;

#[derive(Clone)]
struct Simulation {
    random: Random,
    plan: &'static Plan,
    world: World,
    machine: Machine,
    /// What was written, in order.
    book: Vec<Event>,
    now: u64,
    /// When the run is to be over.
    deadline: Option<u64>,
    /// Nothing is recorded, so that items of a map may be run in one go.
    loose: bool,
    /// How many engines there are.
    engines: usize,
    /// Bodies that begin anew once what is in them is undone: whether they must.
    restarts: BTreeMap<InBody, bool>,
    trace: bool,
}

impl Simulation {
    fn new(seed: u64, plan: &'static Plan) -> Self {
        let mut random = Random::new(seed);
        let now = 1000;
        let deadline = random.chance(4).then(|| now + u64::from(random.below(20)));
        Self {
            plan,
            world: World::default(),
            machine: Machine::new(plan, plan.on_failure, deadline),
            book: vec![],
            now,
            deadline,
            loose: random.chance(5),
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
        if !matches!(event, Event::Close(_) | Event::Consult(_)) {
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
            if self.loose {
                return;
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
        let mut again = Machine::new(self.plan, self.plan.on_failure, self.deadline);
        for &event in &self.book {
            again
                .on(event)
                .unwrap_or_else(|illegal| panic!("on reading: {illegal:?}"));
        }
        let is_traceless =
            |command: &Command| matches!(command, Command::Close(_) | Command::Consult(_));
        // That something was being put together, or a controller consulted, leaves no trace.
        if !self.world.flight.iter().any(is_traceless) {
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
        Some(Command::Run(atom)) if !long.is_stopping() && long.undecided().is_none() => Some(atom),
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
