//! The flows by name, how each ends when nothing disturbs it, and what is promised of its tasks.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;
use std::thread;

use taskflow::{AnyEngine, Flow, Logbook, RunError, RunId, StartError};

use super::cases::{Home, Next, PATIENCE, SEED, answer, give, next, repair};
use super::flows::{
    Chain, Diamond, Fan, Kept, Nested, NestedUndone, Pinned, Policies, SessionUndone, Sessions,
    Stuck, Undone as UndoneFlow,
};
use super::groups::{
    Chosen, ChosenAnew, ChosenUndone, Controlled, ControllerGivesUp, Deep, DeepUndone, GivenUp,
    Hopeless, ItemKept, ItemPinned, ItemPolicies, ItemStuck, Items, ItemsUndone, MapInRetry,
    MapInTry, Mirrors, Retried, RetryInMap, RetryInRetry, SessionRetried, StickyRetried, Stubborn,
    Tolerant, TolerantUndone, Tried, TriedUndone, TryInMap,
};
use super::judge::Promise::{
    Absent, AtMostOnce, Done, Free, Gone, InPlace, Once, Redone, Steps, Taken, TakenAtMost, Tries,
    TriesGone,
};
use super::mixed::{
    ArmsInMapInRetry, DeepTried, FlowRetried, GivenTwice, MapInArm, ParsedUndone, Passing,
    PinnedRetried, RedoneRetried, Refused, RetryKept, TimedOutTwice,
};
use super::waits::{
    InTime, ItemsLimited, ItemsWalked, Limited, SignalItems, SignalRetried, SignalUndone,
    Signalled, Slept, TaskTimedOut, TimedOut, Unanswered, Walked, WalkedAnew,
};
use super::{Case, Ends, Given, Settled, World};

macro_rules! cases {
    ($([one place in $stride:literal] $(
        $name:literal $flow:ident $ends:expr,
        [$($promise:expr => $($task:literal)+;)*]
        $(, signals $($signal:literal)+;)?
    )*)*) => {
        /// Every case.
        pub const CASES: &[Case] = &[
            $($(Case {
                name: $name,
                ends: $ends,
                promises: &[$($(($task, $promise)),+),*],
                signals: &[$($($signal),+)?],
                stride: $stride,
            }),*),*
        ];

        /// Starts the run `id`, or takes it up, and drives it to its end: answers what is asked by
        /// looking at the world, repairs that if something fails for it, and lets a run go on that
        /// was suspended.
        ///
        /// # Errors
        ///
        /// If the logbook fails.
        ///
        /// # Panics
        ///
        /// If the run comes to no end.
        pub fn settle_with(
            given: Given,
            case: &str,
            id: &str,
            engine: &AnyEngine,
            book: &Logbook,
            world: &World,
        ) -> Result<Settled, RunError> {
            match case {
                $($($name => {
                    let flow = $flow { seed: SEED, world: world.clone() };
                    let handle = flow.id(id).start(engine, book)?;
                    let signals: &[&str] = &[$($($signal),+)?];
                    let over = AtomicBool::new(false);
                    thread::scope(|scope| {
                        let _home = Home(&over);
                        if !signals.is_empty() && given == Given::Here {
                            let control = handle.control();
                            let over = &over;
                            scope.spawn(move || {
                                let waits = |name: &str| {
                                    let run = book.run_summary(control.id()).ok().flatten();
                                    run.is_some_and(|run| {
                                        run.waits.iter().any(|waits| waits.atom == name)
                                    })
                                };
                                give(signals, world, over, waits, |name, value| {
                                    control.signal(name, &value)
                                });
                            });
                        }
                        let mut result = handle.wait();
                        let (mut asked, mut suspended) = (0, 0);
                        for _ in 0..PATIENCE {
                            match next(result)? {
                                Next::End(ends) => return Ok(Settled { ends, asked, suspended }),
                                Next::Answer(tasks) => {
                                    asked += tasks.len();
                                    for task in tasks {
                                        handle.resolve(&task, answer(world, &task))?;
                                    }
                                    result = handle.wait();
                                }
                                Next::Repair => {
                                    repair(world);
                                    result = handle.rerun();
                                }
                                Next::GoOn => {
                                    suspended += 1;
                                    result = handle.rerun();
                                }
                            }
                        }
                        panic!("`{case}` comes to no end: {:?}", handle.wait());
                    })
                })*)*
                _ => panic!("there is no case `{case}`"),
            }
        }

        /// Starts the run `id`, or takes it up, and drives it once: what is asked stays so, and what
        /// fails is not repaired.
        ///
        /// # Errors
        ///
        /// As a run has them.
        ///
        /// # Panics
        ///
        /// If there is no such case.
        pub fn drive(
            case: &str,
            id: &str,
            engine: &AnyEngine,
            book: &Logbook,
            world: &World,
        ) -> Result<u64, RunError> {
            match case {
                $($($name => {
                    let flow = $flow { seed: SEED, world: world.clone() };
                    flow.id(id).run(engine, book)
                })*)*
                _ => panic!("there is no case `{case}`"),
            }
        }

        /// The paths of the tasks that the logbook has as done, and of those that each task in
        /// `started` waits for, as far as they stand in no group.
        ///
        /// # Errors
        ///
        /// If the logbook fails, or has no such run.
        pub fn done_and_due(
            case: &str,
            id: &RunId,
            started: &[String],
            engine: &AnyEngine,
            book: &Logbook,
        ) -> Result<(Vec<String>, Vec<String>), StartError> {
            match case {
                $($($name => {
                    let tasks: Vec<String> = $flow::PLAN.tasks().collect();
                    let started = started.iter().filter(|task| tasks.contains(task));
                    let due = started.flat_map(|task| $flow::PLAN.before(task));
                    let due = due.filter(|task| tasks.contains(task)).collect();
                    let (_, resources) = $flow { seed: SEED, world: World::in_memory() }.split();
                    let handle = $flow::resume(id, resources, engine, book)?;
                    Ok((handle.done()?, due))
                })*)*
                _ => panic!("there is no case `{case}`"),
            }
        }
    };
}

cases! {
    [one place in 1]

    "chain" Chain Ends::Succeeded(85), [Done => "first" "second" "third";]
    "fan" Fan Ends::Succeeded(72), [Done => "first" "left" "middle" "right" "all";]
    "diamond" Diamond Ends::Succeeded(48), [Done => "first" "left" "right" "both";]
    "nested" Nested Ends::Succeeded(96), [
        Done => "first" "inner/first" "inner/second" "inner/third" "last";
    ]
    "undone" UndoneFlow Ends::Reverted, [Gone => "reserve" "charge" "pack"; Free => "doomed";]
    "nested-undone" NestedUndone Ends::Reverted, [
        Gone => "reserve" "charge" "inner/reserve" "inner/charge" "inner/pack";
        Free => "inner/doomed";
    ]
    "sessions" Sessions Ends::Succeeded(210), [Done => "connect" "load" "first" "save";]
    "session-undone" SessionUndone Ends::Reverted, [Done => "connect"; Gone => "create"; Free => "doomed";]
    "pinned" Pinned Ends::Left(Cow::Borrowed("reserve pay")), [Done => "reserve" "pay"; Gone => "after"; Free => "doomed";]
    "policies" Policies Ends::Succeeded(208), [
        Done => "first" "second";
        AtMostOnce => "once";
        Once => "asked";
        Redone => "redone";
    ]
    "stuck" Stuck Ends::Reverted, [Gone => "reserve" "sticky"; Free => "doomed";]
    "kept" Kept Ends::Succeeded(87), [Done => "first" "second" "third" "flaky";]

    [one place in 3]

    "retried" Retried Ends::Succeeded(20), [
        Done => "reserve" "confirm";
        InPlace(3) => "hold";
        Tries(3) => "third";
    ]
    "given-up" GivenUp Ends::Reverted, [Taken(1) => "reserve"; Taken(2) => "hold"; Tries(2) => "doomed";]
    "controlled" Controlled Ends::Succeeded(20), [
        Done => "reserve" "confirm";
        InPlace(3) => "hold";
        Tries(3) => "third";
    ]
    "controller-gives-up" ControllerGivesUp Ends::Reverted, [
        Taken(1) => "reserve";
        Taken(2) => "hold";
        Tries(2) => "doomed";
    ]
    "mirrors" Mirrors Ends::Succeeded(18), [
        Done => "items" "confirm";
        InPlace(3) => "hold_one";
        Tries(3) => "up";
    ]
    "stubborn" Stubborn Ends::Succeeded(8), [InPlace(1) => "reserve"; Tries(3) => "stubborn";]
    "hopeless" Hopeless Ends::Reverted, [Taken(1) => "reserve"; TriesGone(3) => "hopeless";]
    "retry-in-retry" RetryInRetry Ends::Succeeded(20), [
        InPlace(2) => "reserve";
        InPlace(4) => "hold";
        Tries(4) => "fourth";
        Done => "confirm";
    ]
    "session-retried" SessionRetried Ends::Succeeded(30), [
        InPlace(2) => "hold_in";
        Tries(2) => "second_in";
        Done => "confirm";
    ]
    "sticky-retried" StickyRetried Ends::Reverted, [Taken(1) => "reserve" "sticky"; Absent => "confirm";]
    "tried" Tried Ends::Succeeded(1), [
        InPlace(1) => "reserve";
        Taken(1) => "hold";
        Done => "doomed" "tell";
    ]
    "tried-undone" TriedUndone Ends::Reverted, [
        Taken(1) => "reserve" "hold";
        Done => "fine" "tell";
        Free => "doomed";
    ]
    "items" Items Ends::Succeeded(205), [
        Done => "items" "parse[0]" "parse[1]" "parse[2]" "total";
        InPlace(1) => "fetch[0]" "fetch[1]" "fetch[2]";
    ]
    "items-undone" ItemsUndone Ends::Reverted, [
        Taken(1) => "reserve" "fetch[1]";
        TakenAtMost(1) => "fetch[0]" "fetch[2]";
        Absent => "total";
    ]
    "tolerant" Tolerant Ends::Succeeded(3064), [
        Done => "items" "picky[0]" "picky[1]" "picky[2]" "tally";
        InPlace(1) => "fetch[0]" "fetch[2]";
        Taken(1) => "fetch[1]";
    ]
    "tolerant-undone" TolerantUndone Ends::Reverted, [
        Done => "items" "tally";
        Taken(1) => "fetch[0]" "fetch[1]" "fetch[2]";
        Free => "doomed";
    ]
    "deep" Deep Ends::Succeeded(885), [
        InPlace(1) => "fetch[0]" "cell[0][0]" "cell[0][1]" "cell[1][0]" "cell[2][1]";
        Done => "rows[0]" "rows[2]" "sum[1]" "whole";
    ]
    "deep-undone" DeepUndone Ends::Reverted, [
        Taken(1) => "fetch[0]" "fetch[2]" "cell[0][0]" "cell[0][1]" "cell[1][0]" "cell[2][1]";
        Done => "rows[0]" "rows[2]";
        Free => "doomed";
    ]
    "retry-in-map" RetryInMap Ends::Succeeded(205), [
        InPlace(2) => "fetch[0]" "fetch[1]" "fetch[2]";
        Tries(2) => "second_fetch[0]" "second_fetch[1]" "second_fetch[2]";
        Done => "items" "total";
    ]
    "map-in-retry" MapInRetry Ends::Succeeded(32), [
        InPlace(2) => "fetch[0]" "fetch[1]" "fetch[2]";
        Tries(2) => "second_all";
        Done => "items" "confirm";
    ]
    "try-in-map" TryInMap Ends::Succeeded(177), [
        InPlace(1) => "fetch[0]" "fetch[2]";
        Taken(1) => "fetch[1]";
        Done => "tell[0]" "tell[1]" "tell[2]" "total";
    ]
    "map-in-try" MapInTry Ends::Succeeded(1), [
        TakenAtMost(1) => "fetch[0]" "fetch[2]";
        Taken(1) => "fetch[1]";
        Done => "items" "tell";
        Absent => "total";
    ]
    "chosen" Chosen Ends::Succeeded(777), [
        InPlace(1) => "pack_more" "extra";
        Done => "size" "flag" "gather";
    ]
    "chosen-undone" ChosenUndone Ends::Reverted, [
        Taken(1) => "pack_more";
        Absent => "extra";
        Free => "doomed";
    ]
    "chosen-anew" ChosenAnew Ends::Succeeded(10), [
        Taken(1) => "pack_more";
        InPlace(1) => "extra";
        Tries(2) => "nothing_chosen";
        Done => "confirm";
    ]
    "item-policies" ItemPolicies Ends::Succeeded(148), [
        AtMostOnce => "once_item[0]" "once_item[1]" "once_item[2]";
        Once => "asked_item[0]" "asked_item[1]" "asked_item[2]";
        Redone => "redone_item[0]" "redone_item[1]" "redone_item[2]";
        Done => "total";
    ]
    "item-pinned" ItemPinned Ends::Left(Cow::Borrowed("fetch[0] pay[0] fetch[1] pay[1] fetch[2] pay[2]")), [
        InPlace(1) => "fetch[0]" "fetch[1]" "fetch[2]";
        Done => "items" "pay[0]" "pay[1]" "pay[2]";
        Free => "doomed";
    ]
    "item-stuck" ItemStuck Ends::Reverted, [
        Taken(1) => "reserve" "fetch[0]" "fetch[1]" "fetch[2]" "sticky[0]" "sticky[1]" "sticky[2]";
        Free => "doomed";
    ]
    "item-kept" ItemKept Ends::Succeeded(205), [
        InPlace(1) => "fetch[0]" "fetch[1]" "fetch[2]";
        Done => "items" "flaky_item[0]" "flaky_item[1]" "flaky_item[2]" "total";
    ]

    "slept" Slept Ends::Succeeded(80), [Done => "first" "second";]
    "timed-out" TimedOut Ends::Succeeded(1), [
        InPlace(1) => "reserve";
        TakenAtMost(1) => "hold";
        Done => "tell";
    ]
    "in-time" InTime Ends::Succeeded(24), [InPlace(1) => "hold"; Done => "fine" "confirm";]
    "task-timed-out" TaskTimedOut Ends::Reverted, [Taken(1) => "reserve"; Gone => "stall_alone";]
    "limited" Limited Ends::Succeeded(48), [
        InPlace(1) => "one" "two" "three";
        Done => "total_of_three";
    ]
    "items-limited" ItemsLimited Ends::Reverted, [
        Taken(1) => "alone_item[0]" "alone_item[1]" "alone_item[2]";
        Done => "total";
        Free => "doomed";
    ]
    "signalled" Signalled Ends::Succeeded(102), [
        InPlace(1) => "reserve";
        Done => "accept" "both_given";
    ], signals "approval" "yes" "no";
    "signal-retried" SignalRetried Ends::Succeeded(8), [
        InPlace(1) => "reserve";
        InPlace(3) => "hold_given";
        Tries(3) => "enough";
        Done => "confirm";
    ], signals "approval";
    "unanswered" Unanswered Ends::Succeeded(1), [InPlace(1) => "reserve"; Done => "unanswered";]
    "signal-undone" SignalUndone Ends::Reverted, [
        Taken(1) => "reserve" "hold_given";
        Free => "doomed";
    ], signals "approval";
    "signal-items" SignalItems Ends::Succeeded(26), [
        InPlace(1) => "hold_given[0]" "hold_given[1]" "hold_given[2]";
        Done => "items" "total";
    ], signals "approval[2]" "approval[0]" "approval[1]";
    "walked" Walked Ends::Succeeded(3), [
        Done => "first";
        Steps(1) => "walk" "stumble";
    ]
    "items-walked" ItemsWalked Ends::Succeeded(143), [
        Done => "items" "total";
        Steps(1) => "walk[0]" "walk[1]" "walk[2]";
    ]
    "walked-anew" WalkedAnew Ends::Succeeded(62), [
        InPlace(2) => "hold";
        Steps(2) => "walk" "walk_back";
        Done => "confirm";
    ]

    "refused" Refused Ends::Reverted, [Taken(1) => "reserve"; Taken(2) => "hold"; Tries(2) => "refused";]
    "timed-out-twice" TimedOutTwice Ends::Succeeded(1), [
        InPlace(1) => "reserve";
        TakenAtMost(2) => "hold";
        Done => "tell";
    ]
    "passing" Passing Ends::Succeeded(30), [
        InPlace(2) => "hold_in";
        Tries(2) => "second_in";
        Done => "confirm";
    ]
    "redone-retried" RedoneRetried Ends::Succeeded(416), [
        InPlace(1) => "reserve";
        Redone => "redone";
        Done => "checked" "confirm";
    ]
    "pinned-retried" PinnedRetried Ends::Left(Cow::Borrowed("reserve hold pay")), [
        InPlace(1) => "reserve" "hold";
        Done => "pay";
        Free => "doomed";
    ]
    "arms-in-map-in-retry" ArmsInMapInRetry Ends::Succeeded(96), [
        InPlace(2) => "pack_item[0]" "pack_big[1]" "pack_item[2]";
        Absent => "pack_big[0]" "pack_item[1]" "pack_big[2]";
        Tries(2) => "second_packed";
        Done => "items" "confirm";
    ]
    "map-in-arm" MapInArm Ends::Reverted, [
        Taken(2) => "fetch[0]" "fetch[1]" "fetch[2]";
        Taken(1) => "pack_more";
        Absent => "extra";
        Free => "doomed";
    ]
    "deep-tried" DeepTried Ends::Succeeded(1), [
        InPlace(1) => "reserve";
        Taken(1) => "fetch[0]" "fetch[2]" "cell[0][0]" "cell[0][1]" "cell[1][0]" "cell[2][1]";
        Done => "doomed" "tell";
    ]
    "given-twice" GivenTwice Ends::Succeeded(6), [
        InPlace(2) => "hold_given";
        Tries(2) => "second_given";
        Done => "confirm";
    ], signals "approval";
    "flow-retried" FlowRetried Ends::Succeeded(24), [
        InPlace(2) => "inner/reserve" "inner/hold";
        Tries(2) => "second_inner";
        Done => "confirm";
    ]
    "parsed-undone" ParsedUndone Ends::Reverted, [
        Taken(1) => "fetch[0]" "fetch[1]" "fetch[2]";
        Done => "parse[0]" "parse[2]" "total";
        Free => "doomed";
    ]
    "retry-kept" RetryKept Ends::Succeeded(18), [
        InPlace(1) => "reserve";
        Done => "broken" "confirm";
    ]
}

/// The case of this name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn case(name: &str) -> &'static Case {
    let found = CASES.iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("there is no case `{name}`"))
}

/// As [`settle_with`]; a thread of this process gives the run what it waits for.
///
/// # Errors
///
/// As there.
///
/// # Panics
///
/// As there.
pub fn settle(
    case: &str,
    id: &str,
    engine: &AnyEngine,
    book: &Logbook,
    world: &World,
) -> Result<Settled, RunError> {
    settle_with(Given::Here, case, id, engine, book, world)
}
