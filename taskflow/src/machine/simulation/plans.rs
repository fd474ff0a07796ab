//! Random plans: tasks, joins, choices, waits and groups within groups.

use super::random::Random;
use crate::plan::{Atom, Group, Guard, Kind, OnFailure, Plan, Range};
use crate::task::{Backoff, OnUnknown, Policy, Retry, Reverts};

const NAMES: [&str; 24] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x",
];

/// One atom and what it follows, before the tables are made.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) policy: Policy,
    pub(super) guard: Option<Guard>,
    pub(super) before: Vec<u32>,
    pub(super) reads: Vec<u32>,
}

impl Draft {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            policy: Policy::DEFAULT,
            guard: None,
            before: Vec::new(),
            reads: Vec::new(),
        }
    }
}

pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).expect("it is small")
}

/// A flow of up to eight atoms, or a few more in the arms of choices.
pub(super) fn flow(random: &mut Random) -> &'static Plan {
    let on_failure = if random.chance(3) {
        OnFailure::Keep
    } else {
        OnFailure::Revert
    };
    let groups = if random.chance(4) { 0 } else { 3 };
    let len = 1 + random.below(if groups > 0 { 5 } else { 8 });
    plan(&level(random, len, groups), on_failure)
}

/// A group's body, whose last atom is a task with a stored result: what it hands out.
fn body(random: &mut Random, depth: u32) -> &'static Plan {
    let len = 1 + random.below(3);
    let mut drafts = level(random, len, depth);
    if !drafts[drafts.len() - 1].kind.is_task() {
        let mut last = Draft::new(Kind::Task);
        last.policy = policy(random);
        last.before = vec![small(drafts.len()) - 1];
        drafts.push(last);
    }
    let last = drafts.len() - 1;
    drafts[last].policy.transient = false;
    plan(&drafts, OnFailure::Keep)
}

/// A level with up to `depth` levels of groups beneath it.
fn level(random: &mut Random, len: u32, depth: u32) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for _ in 0..len {
        atom(random, &mut drafts, None, depth);
    }
    drafts
}

fn atom(random: &mut Random, drafts: &mut Vec<Draft>, guard: Option<Guard>, depth: u32) {
    let at = small(drafts.len());
    let kind = match random.below(24) {
        0..3 => Kind::Join,
        3 => Kind::Sleep,
        4 => Kind::Signal,
        5..7 if drafts.len() < 10 => return choice(random, drafts, guard, depth),
        7..14 if depth > 0 => {
            let groups = [
                Group::Retry,
                Group::Map,
                Group::Try,
                Group::Timeout,
                Group::Limit,
            ];
            let group = groups[random.below(5) as usize];
            Kind::Group(group, body(random, depth - 1))
        }
        _ => Kind::Task,
    };
    let mut draft = Draft::new(kind);
    draft.guard = guard;
    if kind.is_task() {
        draft.policy = policy(random);
    }
    follow(random, drafts, &mut draft, at);
    drafts.push(draft);
}

/// Lets an atom come after some of those before it, and read what some of these provide.
fn follow(random: &mut Random, drafts: &[Draft], draft: &mut Draft, at: u32) {
    if let Some(guard) = draft.guard {
        draft.before.push(guard.choice);
    }
    for from in 0..at {
        let is_seen = is_visible(drafts, draft.guard, from);
        if is_seen && random.chance(3) && !draft.before.contains(&from) {
            draft.before.push(from);
        }
    }
    draft.before.sort_unstable();
    for &from in &draft.before {
        if random.chance(2) && !matches!(drafts[from as usize].kind, Kind::Match) {
            draft.reads.push(from);
        }
    }
    // What a choice is made by is read again in its arms.
    if let Some(guard) = draft.guard {
        for &read in &drafts[guard.choice as usize].reads {
            if !draft.reads.contains(&read) {
                draft.reads.push(read);
            }
        }
    }
}

/// Whether an atom may come after another: not after one in another arm of the same choice.
fn is_visible(drafts: &[Draft], mut mine: Option<Guard>, from: u32) -> bool {
    let mut arms = Vec::new();
    while let Some(guard) = mine {
        arms.push(guard);
        mine = drafts[guard.choice as usize].guard;
    }
    let mut theirs = drafts[from as usize].guard;
    while let Some(guard) = theirs {
        if arms
            .iter()
            .any(|arm| arm.choice == guard.choice && arm.arm != guard.arm)
        {
            return false;
        }
        theirs = drafts[guard.choice as usize].guard;
    }
    true
}

/// A choice of up to three arms, of which some are empty, and the join after it.
fn choice(random: &mut Random, drafts: &mut Vec<Draft>, guard: Option<Guard>, depth: u32) {
    let choice = small(drafts.len());
    let mut draft = Draft::new(Kind::Match);
    draft.guard = guard;
    follow(random, drafts, &mut draft, choice);
    drafts.push(draft);
    for arm in 0..3 {
        for _ in 0..random.below(3) {
            atom(random, drafts, Some(Guard { choice, arm }), depth);
        }
    }
    let mut join = Draft::new(Kind::Join);
    join.guard = guard;
    join.before = (choice..small(drafts.len())).collect();
    join.reads = (choice + 1..small(drafts.len()))
        .filter(|&atom| !matches!(drafts[atom as usize].kind, Kind::Match))
        .collect();
    drafts.push(join);
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
    let times = if random.chance(4) {
        1 + random.below(3)
    } else {
        1
    };
    Policy {
        reverts,
        on_unknown,
        irreversible,
        transient,
        retry: Retry {
            times,
            backoff: Backoff::fixed(1),
        },
        revert_retry: Retry {
            times: 1 + random.below(2),
            backoff: Backoff::fixed(1),
        },
        priority: i16::from(random.chance(8)),
        ..Policy::DEFAULT
    }
}

/// The tables of a plan, which live for ever.
pub(super) fn plan(drafts: &[Draft], on_failure: OnFailure) -> &'static Plan {
    let (mut after, mut before, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let mut atoms = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let starts = [small(after.len()), small(before.len()), small(reads.len())];
        let follows = drafts.iter().enumerate();
        let follows = follows.filter(|(_, other)| other.before.contains(&small(at)));
        after.extend(follows.map(|(other, _)| small(other)));
        before.extend(&draft.before);
        reads.extend(&draft.reads);
        let range = |start: u32, end: usize| Range {
            start,
            len: small(end) - start,
        };
        atoms.push(Atom {
            name: NAMES[at % NAMES.len()],
            scope: 0,
            kind: draft.kind,
            policy: draft.policy,
            guard: draft.guard,
            after: range(starts[0], after.len()),
            before: range(starts[1], before.len()),
            reads: range(starts[2], reads.len()),
        });
    }
    let outputs = vec![small(drafts.len()) - 1];
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
        timeouts: false,
    }))
}
