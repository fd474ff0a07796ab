//! Every interleaving of every small plan, with every crash, failure and request in between.
//!
//! Where chance tries many long ways, this takes all the short ones: it goes over the states that a
//! plan can come to, once each. `TASKFLOW_BOUND` says how many crashes, failures and requests there
//! may be in one run; without it, one crash and one failure.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::plans::{Draft, plan, small};
use super::steps::Ending;
use super::{Simulation, digest};
use crate::machine::{Answer, Command, End, Event, Request, State};
use crate::plan::{Group, Guard, Kind, OnFailure, Plan, Setup};
use crate::task::{Backoff, OnUnknown, Policy, Retry, Reverts};

/// How much may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Budget {
    crashes: u32,
    failures: u32,
    requests: u32,
}

#[derive(Clone)]
struct Situation {
    run: Simulation,
    budget: Budget,
    /// How the run was left, if it was.
    left: Option<End>,
}

#[derive(Debug, Clone, Copy)]
enum Move {
    Decide {
        wait: u64,
    },
    Begin(Command),
    End(usize, Ending),
    Due(u32),
    Signal(u32),
    Ask(Request),
    Leave(End),
    /// The process dies; of what is under way, these have taken effect.
    Crash {
        effects: u32,
    },
    /// A process takes up the run that was left, because a person wants something or by itself.
    TakeUp(Option<Request>),
}

impl Situation {
    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        digest(&self.run.machine).hash(&mut hasher);
        (&self.run.world.atoms, &self.run.world.flight).hash(&mut hasher);
        (&self.run.restarts, self.budget, self.left).hash(&mut hasher);
        hasher.finish()
    }

    fn moves(&self) -> Vec<Move> {
        let (machine, flight) = (&self.run.machine, &self.run.world.flight);
        if let Some(end) = self.left {
            return self.moves_after(end);
        }
        let mut moves = Vec::new();
        if machine.undecided().is_some() {
            moves.extend([Move::Decide { wait: 0 }, Move::Decide { wait: 1 }]);
        } else {
            let next = machine.next().filter(|_| flight.len() < 2);
            moves.extend(next.map(Move::Begin));
            for (at, &command) in flight.iter().enumerate() {
                let endings = self.endings(command).into_iter();
                moves.extend(endings.map(|ending| Move::End(at, ending)));
            }
            let waiting = self.run.waiting().into_iter();
            moves.extend(waiting.map(Move::Due));
            moves.extend(machine.signals().into_iter().map(Move::Signal));
            if flight.is_empty() {
                moves.extend(machine.verdict().map(Move::Leave));
            }
        }
        assert!(!moves.is_empty(), "nothing can happen, and it is not over");
        if self.budget.crashes > 0 {
            let effects = 0..1 << flight.len();
            moves.extend(effects.map(|effects| Move::Crash { effects }));
        }
        if self.budget.requests > 0 {
            let requests = [
                Request::Suspend,
                Request::Cancel,
                Request::Revert,
                Request::Interrupt,
            ];
            let legal = requests.into_iter().filter(|&request| {
                let mut machine = machine.clone();
                machine.on(Event::Request(request)).is_ok()
            });
            moves.extend(legal.map(Move::Ask));
        }
        moves
    }

    fn moves_after(&self, end: End) -> Vec<Move> {
        let mut moves = Vec::new();
        match end {
            End::Suspended | End::Interrupted => moves.push(Move::TakeUp(None)),
            End::Waiting => {
                let asked = self.run.world.atoms.keys().copied();
                let asked = asked.filter(|&atom| self.run.machine.state(atom) == State::Asked);
                for atom in asked {
                    let effect = self.run.world.atoms[&atom].effect;
                    let other = if effect { Answer::Done } else { Answer::Fail };
                    let answers = [Answer::Rerun, other].into_iter();
                    moves.extend(
                        answers.map(|answer| Move::TakeUp(Some(Request::Resolve(atom, answer)))),
                    );
                }
            }
            End::Failed if self.budget.requests > 0 => {
                moves.push(Move::TakeUp(Some(Request::Rerun)));
                moves.push(Move::TakeUp(Some(Request::Revert)));
            }
            End::RevertFailed if self.budget.requests > 0 => {
                moves.push(Move::TakeUp(Some(Request::Revert)));
            }
            _ => {}
        }
        moves
    }

    fn endings(&self, command: Command) -> Vec<Ending> {
        let mut endings = match command {
            Command::Open(atom) => setups(self.run.kind(atom)),
            Command::Run(_) | Command::Close(_) | Command::Revert(..) => vec![Ending::Done],
        };
        if self.budget.failures > 0 {
            let fail = |effect| Ending::Fail {
                effect,
                refused: 0,
                wait: 1,
            };
            endings.push(fail(false));
            if matches!(command, Command::Run(_)) {
                endings.push(fail(true));
            }
        }
        endings
    }

    fn make(&mut self, step: Move) {
        let run = &mut self.run;
        match step {
            Move::Decide { wait } => {
                let undecided = run.machine.undecided().expect("it is to be decided");
                run.decide_one(undecided, wait);
            }
            Move::Begin(command) => run.begin(command),
            Move::End(at, ending) => {
                let command = run.world.flight.remove(at);
                self.budget.failures -= u32::from(matches!(ending, Ending::Fail { .. }));
                run.end(command, ending);
            }
            Move::Due(atom) => run.on(Event::Due(atom)),
            Move::Signal(atom) => {
                run.on(Event::Request(Request::Signal(atom)));
                run.world.truth(atom).value = true;
            }
            Move::Ask(request) => {
                self.budget.requests -= 1;
                run.on(Event::Request(request));
            }
            Move::Leave(end) => {
                run.on(Event::End(end));
                run.check_end(end);
                self.left = Some(end);
            }
            Move::Crash { effects } => {
                self.budget.crashes -= 1;
                run.reopen();
                let flight = std::mem::take(&mut run.world.flight);
                for (at, command) in flight.into_iter().enumerate() {
                    run.world.cut_short(command, effects >> at & 1 == 1);
                }
                run.world.lose_values(&run.machine);
                run.on(Event::Resume);
            }
            Move::TakeUp(request) => {
                run.reopen();
                run.world.lose_values(&run.machine);
                if let Some(Request::Resolve(atom, answer)) = request {
                    run.answer_one(atom, answer);
                }
                run.on(Event::Resume);
                if let Some(request @ (Request::Rerun | Request::Revert)) = request {
                    self.budget.requests -= 1;
                    if request == Request::Rerun {
                        run.note_undone();
                    }
                    run.on(Event::Request(request));
                }
                self.left = None;
            }
        }
    }
}

impl Simulation {
    /// What waits for a point in time.
    fn waiting(&self) -> Vec<u32> {
        let atoms = self.world.atoms.keys().copied();
        let waits = |&atom: &u32| {
            let way = self.machine.numbers.way(atom);
            way.is_some_and(|way| self.machine.root.waits_for_time(&way))
        };
        atoms.filter(waits).collect()
    }
}

/// What a controller may say, as few as tell its behaviours apart.
fn setups(kind: Kind) -> Vec<Ending> {
    let retry = Retry {
        times: 2,
        backoff: Backoff::NONE,
    };
    let map = |limit, tolerate| Setup::Map {
        items: 2,
        limit,
        tolerate,
    };
    let setups = match kind {
        Kind::Match => vec![Setup::Arm(0), Setup::Arm(1)],
        Kind::Sleep => vec![Setup::Sleep(1)],
        Kind::Signal => vec![Setup::Signal(1)],
        Kind::Group(Group::Retry, _) => vec![Setup::Retry(retry)],
        Kind::Group(Group::Map, _) if is_wide() => vec![map(1, 0), map(0, 1)],
        Kind::Group(Group::Map, _) => vec![map(1, 1)],
        Kind::Group(Group::Try, _) => vec![Setup::Try],
        Kind::Group(Group::Timeout, _) => vec![Setup::Timeout(1)],
        Kind::Group(Group::Limit, _) => vec![Setup::Limit(1)],
        Kind::Task | Kind::Join => unreachable!("it is no controller"),
    };
    setups.into_iter().map(Ending::Open).collect()
}

/// Goes over every state that a run of the plan can come to: how many there are.
fn explore(plan: &'static Plan, budget: Budget) -> usize {
    let start = Situation {
        run: Simulation::new(0, plan),
        budget,
        left: None,
    };
    let mut seen = HashSet::from([start.key()]);
    let mut open = vec![start];
    while let Some(situation) = open.pop() {
        let moves = catch_unwind(AssertUnwindSafe(|| situation.moves()));
        let moves = moves.unwrap_or_else(|_| fail(&situation, None));
        for step in moves {
            let mut next = situation.clone();
            if catch_unwind(AssertUnwindSafe(|| next.make(step))).is_err() {
                fail(&situation, Some(step));
            }
            if seen.insert(next.key()) {
                open.push(next);
            }
        }
    }
    seen.len()
}

fn fail(situation: &Situation, step: Option<Move>) -> ! {
    let plan = situation.run.plan;
    eprintln!("{:?}", plan.on_failure);
    Simulation::describe(plan, 0);
    for event in &situation.run.book {
        eprintln!("{event:?}");
    }
    panic!("then {step:?} breaks a promise");
}

/// The policies that differ most.
fn policies() -> [Policy; 5] {
    let of = |reverts, on_unknown| Policy {
        reverts,
        on_unknown,
        ..Policy::DEFAULT
    };
    [
        of(Reverts::Done, OnUnknown::Rerun),
        of(Reverts::Any, OnUnknown::Revert),
        of(Reverts::Never, OnUnknown::Ask),
        Policy {
            transient: true,
            ..Policy::DEFAULT
        },
        Policy {
            irreversible: true,
            ..Policy::DEFAULT
        },
    ]
}

fn task(policy: Policy, before: &[u32]) -> Draft {
    Draft {
        policy,
        before: before.to_vec(),
        reads: before.to_vec(),
        ..Draft::new(Kind::Task)
    }
}

const BOTH: [OnFailure; 2] = [OnFailure::Revert, OnFailure::Keep];

fn budgets() -> Vec<Budget> {
    let budget = |crashes, failures, requests| Budget {
        crashes,
        failures,
        requests,
    };
    match std::env::var("TASKFLOW_BOUND").map(|text| text.parse()) {
        Ok(Ok(bound)) => vec![budget(bound, bound, bound)],
        _ => vec![budget(1, 1, 0)],
    }
}

/// Whether there is time for more than the plans that differ most.
fn is_wide() -> bool {
    std::env::var_os("TASKFLOW_BOUND").is_some()
}

fn explore_all(plans: impl IntoIterator<Item = Vec<Draft>>) {
    let budgets = budgets();
    let (mut count, mut states) = (0, 0);
    for drafts in plans {
        for on_failure in BOTH {
            let plan = plan(&drafts, on_failure);
            for &budget in &budgets {
                states += explore(plan, budget);
            }
            count += 1;
        }
    }
    println!("{count} plans, {states} states");
}

/// Every order of so many tasks, with every policy.
fn flat(len: u32) -> Vec<Vec<Draft>> {
    let pairs = len * (len - 1) / 2;
    let policies = policies();
    let kinds = small(policies.len());
    let mut plans = Vec::new();
    for edges in 0..1_u32 << pairs {
        for choice in 0..kinds.pow(len) {
            let mut pair = 0;
            let tasks = (0..len).map(|atom| {
                let before = (0..atom).filter(|_| {
                    pair += 1;
                    edges >> (pair - 1) & 1 == 1
                });
                let before: Vec<u32> = before.collect();
                let policy = choice / kinds.pow(atom) % kinds;
                task(policies[policy as usize], &before)
            });
            plans.push(tasks.collect());
        }
    }
    plans
}

#[test]
fn every_state_of_flat_plans_keeps_the_promises() {
    explore_all((1..=if is_wide() { 3 } else { 2 }).flat_map(flat));
}

#[test]
fn every_state_of_plans_with_a_group_keeps_the_promises() {
    let groups = [
        Group::Retry,
        Group::Map,
        Group::Try,
        Group::Timeout,
        Group::Limit,
    ];
    let policies = policies();
    for group in groups {
        let mut plans = Vec::new();
        for first in policies {
            for second in &policies[..if is_wide() { 3 } else { 1 }] {
                for before in [&[][..], &[0]] {
                    let body = plan(&[task(first, &[]), task(*second, before)], OnFailure::Keep);
                    let mut inner = Draft::new(Kind::Group(group, body));
                    (inner.before, inner.reads) = (vec![0], vec![0]);
                    for outer in &[policies[3], policies[0]][..if is_wide() { 2 } else { 1 }] {
                        let tasks = [task(*outer, &[]), inner.clone(), task(policies[0], &[1])];
                        plans.push(tasks.to_vec());
                    }
                }
            }
        }
        explore_all(plans);
    }
}

#[test]
fn every_state_of_plans_with_a_choice_or_a_wait_keeps_the_promises() {
    let policies = policies();
    let mut plans = Vec::new();
    for policy in policies {
        let guarded = |arm| Draft {
            guard: Some(Guard { choice: 1, arm }),
            reads: vec![0],
            ..task(policy, &[1])
        };
        for outer in [policies[0], policies[3]] {
            let mut choice = Draft::new(Kind::Match);
            (choice.before, choice.reads) = (vec![0], vec![0]);
            let mut join = Draft::new(Kind::Join);
            (join.before, join.reads) = (vec![1, 2], vec![2]);
            let last = task(policies[0], &[3]);
            let first = task(outer, &[]);
            // An empty arm, and two with a task.
            plans.push(vec![first.clone(), choice.clone(), guarded(0), join, last]);
            let mut join = Draft::new(Kind::Join);
            (join.before, join.reads) = (vec![2, 3], vec![2, 3]);
            plans.push(vec![first.clone(), choice, guarded(0), guarded(1), join]);
            for wait in [Kind::Sleep, Kind::Signal] {
                let mut wait = Draft::new(wait);
                wait.before = vec![0];
                plans.push(vec![
                    first.clone(),
                    wait,
                    task(policy, &[]),
                    task(policy, &[1]),
                ]);
            }
        }
    }
    explore_all(plans);
}
