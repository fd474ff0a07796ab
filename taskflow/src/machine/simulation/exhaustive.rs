//! Every interleaving of every small plan, with every crash, failure and request in between.
//!
//! Where chance tries many long ways, this takes all the short ones: it goes over the states that a
//! plan can come to, once each. `TASKFLOW_BOUND` says how many crashes, failures and requests there
//! may be in one run; without it, one crash and one failure. `TASKFLOW_ATOMS` says of how many tasks
//! the greatest plans without groups are.

mod shapes;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::steps::Ending;
use super::{Simulation, digest};
use crate::machine::{Answer, Command, End, Event, Machine, RUN, Request, State};
use crate::plan::{Group, Kind, Plan, Setup};
use crate::task::{Backoff, Retry};
use shapes::is_wide;

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
            let may_be_late = machine.has_deadline() && machine.can_be_late();
            let late = may_be_late && self.budget.failures > 0;
            moves.extend(late.then_some(Move::Due(RUN)));
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
            Command::Consult(_) => [None, Some(0), Some(1)].map(Ending::Decided).to_vec(),
            Command::Run(_) | Command::Close(_) | Command::Revert(..) => vec![Ending::Done],
            Command::Stretch(_) => unreachable!("these runs are recorded"),
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
            Move::Due(atom) => {
                self.budget.failures -= u32::from(atom == RUN);
                run.on(Event::Due(atom));
            }
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
        Kind::Group(Group::Retry, _) => vec![Setup::Retry(retry), Setup::Controlled { times: 3 }],
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
    let mut run = Simulation::new(0, plan);
    run.deadline = Some(run.now);
    run.machine = Machine::new(plan, plan.on_failure, run.deadline);
    let start = Situation {
        run,
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
