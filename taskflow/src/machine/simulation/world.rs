//! What is really so, whatever the machine believes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::way::Stand;
use super::super::{Command, Machine, Place, State};
use super::random::Random;
use crate::plan::{Group, Kind, Plan, Setup};
use crate::task::{Policy, Reverts};

/// The truth about one atom, by its number in the run.
// Independent facts, of which any may be so.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Truth {
    /// Whether its effect is in place.
    pub(super) effect: bool,
    /// Whether its value is in this process or in the book.
    pub(super) value: bool,
    /// Whether a start of it was cut short, and nobody has found out since what came of it.
    pub(super) cut: bool,
    /// Whether it is done and its value stored.
    pub(super) stored: bool,
    /// How often it was done, where that makes another value.
    pub(super) version: u32,
    /// What a controller is to do.
    pub(super) setup: Option<Setup>,
    /// The versions of what it reads, when it worked that out.
    pub(super) basis: Vec<u32>,
    /// The attempts of a retry since it was begun or taken up by hand.
    pub(super) tries: u32,
}

#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) atoms: BTreeMap<u32, Truth>,
    /// What is under way: lost with the process.
    pub(super) flight: Vec<Command>,
}

impl World {
    pub(super) fn truth(&mut self, atom: u32) -> &mut Truth {
        self.atoms.entry(atom).or_default()
    }

    pub(super) fn is(&self, atom: u32, fact: fn(&Truth) -> bool) -> bool {
        self.atoms.get(&atom).is_some_and(fact)
    }

    /// Whether nothing of a task is left that could be undone, or must not stay alone.
    pub(super) fn is_undone(&self, place: &Place) -> bool {
        let (atom, policy) = (place.number(), policy(place));
        match policy.reverts {
            Reverts::Never => !policy.irreversible || !self.is(atom, |t| t.effect),
            // A revert that was cut short may have done its work, and nobody knows.
            Reverts::Done | Reverts::Any => !self.is(atom, |t| t.effect || t.stored),
        }
    }

    /// The bodies that something has ever begun in.
    pub(super) fn bodies(&self, machine: &Machine) -> BTreeSet<InBody> {
        let places = self.atoms.keys().filter_map(|&atom| machine.place(atom));
        let bodies = |place: Place| {
            let outer = place.levels.len() - 1;
            let bodies = place.levels[..outer].iter().map(in_body);
            bodies.collect::<Vec<_>>()
        };
        places.flat_map(bodies).collect()
    }

    /// The atoms in a body of a group.
    pub(super) fn within(&self, machine: &Machine, body: InBody) -> Vec<Place> {
        let places = self.atoms.keys().filter_map(|&atom| machine.place(atom));
        let is_within = |place: &Place| {
            let outer = place.levels.len() - 1;
            place.levels[..outer]
                .iter()
                .any(|stand| in_body(stand) == body)
        };
        places.filter(is_within).collect()
    }

    /// A body begins anew: everything in it is undone, and what cannot be undone runs again.
    ///
    /// One that may go on as well does so while something in it is in place.
    pub(super) fn begin_anew(&mut self, machine: &Machine, body: InBody, must: bool) -> bool {
        let within = self.within(machine, body);
        let mut tasks = within.iter().filter(|place| is_task(place));
        let left = tasks.find(|place| !self.is_undone(place));
        if let Some(left) = left {
            let atom = left.number();
            assert!(
                !must,
                "{body:?} begins anew, and {atom} is in place: {:?}",
                machine.state(atom)
            );
            return false;
        }
        for place in within {
            let truth = self.truth(place.number());
            (truth.stored, truth.cut) = (false, false);
        }
        true
    }

    /// No more is under way in a group than it says.
    pub(super) fn check_limits(&self, machine: &Machine) {
        let mut under_way = BTreeMap::<u32, u32>::new();
        let mut items = BTreeMap::<u32, BTreeSet<u32>>::new();
        for command in &self.flight {
            let Some(place) = machine.place(command.atom()) else {
                panic!("{command:?} is under way and nowhere");
            };
            let outer = place.levels.len() - 1;
            for stand in &place.levels[..outer] {
                let group = stand.first + stand.atom;
                *under_way.entry(group).or_default() += 1;
                if let Some(body) = stand.body {
                    items.entry(group).or_default().insert(body.number);
                }
            }
        }
        for (group, count) in under_way {
            match self.atoms.get(&group).and_then(|truth| truth.setup) {
                Some(Setup::Limit(limit @ 1..)) => {
                    assert!(count <= limit, "{count} in {group} are under way");
                }
                Some(Setup::Map {
                    limit: limit @ 1.., ..
                }) if machine.state(group) == State::Running => {
                    let open = super::plans::small(items[&group].len());
                    assert!(open <= limit, "{open} items of {group} are under way");
                }
                _ => {}
            }
        }
    }

    /// The process dies: what was under way may have taken effect or not.
    pub(super) fn crash(&mut self, machine: &Machine, random: &mut Random) {
        for command in std::mem::take(&mut self.flight) {
            let happened = random.chance(2);
            self.cut_short(command, happened);
        }
        self.lose_values(machine);
    }

    pub(super) fn cut_short(&mut self, command: Command, happened: bool) {
        match command {
            Command::Run(atom) => {
                let truth = self.truth(atom);
                truth.effect |= happened;
                truth.value = false;
                truth.cut = true;
            }
            Command::Revert(atom, _) if happened => self.truth(atom).effect = false,
            Command::Revert(..) | Command::Open(_) | Command::Close(_) | Command::Consult(_) => {}
            Command::Stretch(_) => unreachable!("nobody takes up what is not recorded"),
        }
    }

    pub(super) fn lose_values(&mut self, machine: &Machine) {
        for (&atom, truth) in &mut self.atoms {
            if machine.is_transient(atom) {
                truth.value = false;
            }
        }
    }
}

/// A body: the number of its group's atom, and of a map's the item.
pub(super) type InBody = (u32, u32);

pub(super) fn in_body(stand: &Stand) -> InBody {
    let item = stand.body.filter(|body| body.is_item);
    (stand.first + stand.atom, item.map_or(0, |body| body.number))
}

pub(super) fn is_task(place: &Place) -> bool {
    place.last().plan.atom(place.last().atom).kind.is_task()
}

pub(super) fn policy(place: &Place) -> Policy {
    place.last().plan.atom(place.last().atom).policy
}

/// Whether an atom comes after another, in the level that both are in.
pub(super) fn comes_after(before: &Place, after: &Place) -> bool {
    for (b, a) in before.levels.iter().zip(&after.levels) {
        if b.first != a.first || b.atom != a.atom {
            return b.first == a.first && reaches(b.plan, b.atom, a.atom);
        }
    }
    false
}

pub(super) fn reaches(plan: &'static Plan, from: u32, to: u32) -> bool {
    let mut succs = plan.succs(from).iter();
    succs.any(|&next| next == to || next < to && reaches(plan, next, to))
}

/// What a controller says, of everything that it could.
pub(super) fn setup(kind: Kind, random: &mut Random) -> Setup {
    use crate::task::{Backoff, Retry};
    match kind {
        Kind::Match => Setup::Arm(random.below(3)),
        Kind::Sleep => Setup::Sleep(1 + u64::from(random.below(5))),
        Kind::Signal if random.chance(2) => Setup::Signal(0),
        Kind::Signal => Setup::Signal(1 + u64::from(random.below(8))),
        Kind::Group(Group::Retry, _) if random.chance(2) => Setup::Controlled {
            times: if random.chance(2) { u32::MAX } else { 3 },
        },
        Kind::Group(Group::Retry, _) => Setup::Retry(Retry {
            times: 1 + random.below(3),
            backoff: Backoff::NONE,
        }),
        Kind::Group(Group::Map, _) => Setup::Map {
            items: random.below(4),
            limit: random.below(3),
            tolerate: random.below(3),
        },
        Kind::Group(Group::Try, _) => Setup::Try,
        Kind::Group(Group::Timeout, _) => Setup::Timeout(1 + u64::from(random.below(8))),
        Kind::Group(Group::Limit, _) => Setup::Limit(random.below(3)),
        Kind::Task | Kind::Join => unreachable!("it is no controller"),
    }
}
