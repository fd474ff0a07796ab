//! A flow for each group, alone and within others.

// Every field is a seed or a world.
#![allow(missing_docs)]

use std::time::Duration;

use taskflow::flow;
use taskflow::retry::{Attempt, Controller, Next};

use super::World;
use super::flows::{connect, doomed, pay, reserve, sticky};
use super::steps::{
    asked_item, cell, choice, confirm, extra, fetch, fine, flag, flaky_item, fourth, gather, hold,
    hold_in, hold_one, hopeless, items, nothing_chosen, once_item, pack_more, parse, picky,
    redone_item, rows, second_all, second_fetch, second_in, second_sticky, size, stubborn, tally,
    tell, third, total, up,
};

/// So many attempts, with a wait between two, if it is told of every one before.
struct Budget {
    attempts: usize,
}

const PATIENT: Budget = Budget { attempts: 9 };
const HASTY: Budget = Budget { attempts: 2 };

impl Controller for Budget {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        let numbers = attempts.iter().map(Attempt::number);
        if attempts.len() < self.attempts && numbers.eq((1..).take(attempts.len())) {
            Next::RetryAfter(Duration::from_millis(2))
        } else {
            Next::GiveUp
        }
    }
}

macro_rules! flows {
    ($($(#[$doc:meta])* $Flow:ident [$($pattern:tt)*])*) => {
        $(flow! {
            $(#[$doc])*
            pub struct $Flow { seed: u64, #[resource] world: World } -> u64
            linear[$($pattern)*]
        })*
    };
}
pub(super) use flows;

flows! {
    /// Succeeds at the third attempt.
    Retried [reserve, retry(times = 3)[hold, third], confirm]

    /// Gives up after two attempts, and what stands before is undone too.
    GivenUp [reserve, retry(times = 2, backoff = fixed("2ms"))[hold, doomed]]

    /// A controller has it succeed at the third attempt.
    Controlled [reserve, retry(with = const PATIENT)[hold, third], confirm]

    /// A controller gives up after two attempts.
    ControllerGivesUp [reserve, retry(with = const HASTY)[hold, doomed]]

    /// Each attempt has a value of its own.
    Mirrors [
        items,
        retry(mirror in items, backoff = exponential("1ms", max = "2ms", jitter))[hold_one, up],
        confirm,
    ]

    /// A task is attempted again by itself.
    Stubborn [reserve, stubborn]

    /// A task that is attempted again by itself fails for good.
    Hopeless [reserve, hopeless]

    /// A retry in a retry.
    RetryInRetry [
        retry(times = 2)[reserve, retry(times = 2)[hold, fourth]],
        confirm,
    ]

    /// Each attempt opens what no other process has.
    SessionRetried [retry(times = 2)[connect, hold_in, second_in], confirm]

    /// A revert between two attempts fails until the world is repaired.
    StickyRetried [reserve, retry(times = 2)[sticky, second_sticky], confirm]

    /// What is tried fails and is undone, and the run goes on.
    Tried [reserve, try[hold, doomed] as outcome, tell]

    /// What is tried succeeds, and is undone with the run.
    TriedUndone [reserve, try[hold, fine] as outcome, tell, doomed]

    /// Each item is done for itself.
    Items [items, map(item in items, limit = 2)[fetch, parse] as numbers, total]

    /// An item fails, and all are undone.
    ItemsUndone [reserve, items, map(item in items)[fetch, picky] as numbers, total]

    /// An item may fail, and is undone alone.
    Tolerant [items, map(item in items, limit = 2, tolerate = 1)[fetch, picky] as numbers, tally]

    /// An item may fail, and the others are undone with the run.
    TolerantUndone [
        items,
        map(item in items, tolerate = 1)[fetch, picky] as numbers,
        tally,
        doomed,
    ]

    /// A map in a map.
    Deep [
        items,
        map(item in items, limit = 2)[
            fetch,
            rows,
            map(row in rows)[cell] as numbers,
            total as sum,
        ] as sums,
        total(numbers = sums) as whole,
    ]

    /// A map in a map is undone.
    DeepUndone [
        items,
        map(item in items)[fetch, rows, map(row in rows, limit = 1)[cell] as numbers] as sums,
        doomed,
    ]

    /// Each item has its own attempts.
    RetryInMap [
        items,
        map(item in items, limit = 2)[retry(times = 2)[fetch, second_fetch]] as numbers,
        total,
    ]

    /// All items are attempted again.
    MapInRetry [
        items,
        retry(times = 2)[map(item in items)[fetch] as fetched, second_all],
        confirm,
    ]

    /// Each item may fail.
    TryInMap [
        items,
        map(item in items)[try[fetch, picky] as outcome, tell] as numbers,
        total,
    ]

    /// What is tried goes through items.
    MapInTry [
        items,
        try[map(item in items)[fetch, picky] as numbers, total] as outcome,
        tell,
    ]

    /// An arm is taken, and what depends on it.
    Chosen [
        size,
        flag,
        match choice {
            Some(size) => pack_more,
            None => [],
        },
        when(flag)[extra],
        gather,
    ]

    /// What an arm did is undone.
    ChosenUndone [
        size,
        flag,
        when(flag)[
            match choice {
                Some(size) => linear[pack_more],
                None => extra,
            },
        ],
        doomed,
    ]

    /// Another arm is taken in the second attempt.
    ChosenAnew [
        retry(times = 2)[
            choice,
            match choice {
                Some(size) => pack_more,
                None => extra,
            },
            nothing_chosen,
        ],
        confirm,
    ]

    /// A task for each answer to an unknown outcome, in items.
    ItemPolicies [
        items,
        map(item in items, limit = 2)[once_item, asked_item, redone_item] as numbers,
        total,
    ]

    /// What can never be undone in an item holds what stands before it.
    ItemPinned [
        items,
        map(item in items, limit = 1)[fetch, pay(reserve = fetch)] as numbers,
        doomed,
    ]

    /// A revert of an item fails until the world is repaired.
    ItemStuck [
        reserve,
        items,
        map(item in items)[fetch, sticky(reserve = fetch)] as numbers,
        doomed,
    ]
}

flow! {
    /// An item fails and is kept, and the run goes on once the world is repaired.
    #[flow(on_failure = keep)]
    pub struct ItemKept { seed: u64, #[resource] world: World } -> u64
    linear[items, map(item in items)[fetch, flaky_item] as numbers, total]
}
