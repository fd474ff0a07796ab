//! Flows with groups in groups in groups, and with settings of groups that need a story of their own.

// Every field is a seed or a world.
#![allow(missing_docs)]

use std::io;

use taskflow::{TaskContext, flow, task};

use super::World;
use super::flows::{connect, doomed, pay, redone, reserve, tasks, undo};
use super::groups::flows;
use super::steps::{
    cell, confirm, extra, fetch, fine, flag, hold, hold_in, items, once_it_is, pack_more, parse,
    rows, second_fetch, second_in, size, tell, total,
};
use super::waits::{hold_given, stall};

tasks! {
    #[task(revert = undo(world, ctx), provides = pack)] pack_item(item) = item.wrapping_add(6);
    #[task(revert = undo(world, ctx), provides = pack)] pack_big(big) = big.wrapping_mul(6);
    #[task(provides = first)] reserved(reserve) = reserve;
    #[task(provides = fine)] checked(redone) = redone;
}

fn is_worth_it(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::Unsupported
}

/// Fails twice, the second time for good.
///
/// # Errors
///
/// Always.
#[task(provides = fine)]
pub fn refused(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold")? > 1)?;
    let error = format!("it will not take {hold}");
    Err(io::Error::new(io::ErrorKind::Unsupported, error))
}

/// Fails in a broken world.
///
/// # Errors
///
/// If the world is broken.
#[task(provides = fine)]
pub fn broken(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.needs_repair()?;
    world.act(ctx)?;
    Ok(hold)
}

/// Whether an item is big, and how big it is.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn kind(item: u64, seed: u64, world: &World, ctx: &TaskContext) -> io::Result<Option<u64>> {
    world.act(ctx)?;
    Ok((item == seed.wrapping_add(1)).then_some(item))
}

/// Fails until what was begun before is begun for the second time.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_given(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold_given")? >= 2)?;
    Ok(hold)
}

/// Fails until what was begun before is begun for the second time.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_inner(inner: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("inner/reserve")? >= 2)?;
    Ok(inner)
}

/// Fails until all was packed for the second time.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_packed(packed: &[u64], world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("pack_big[1]")? >= 2)?;
    Ok(packed[1])
}

flows! {
    /// An error speaks against a third attempt.
    Refused [reserve, retry(times = 9, if = is_worth_it)[hold, refused]]

    /// Each attempt has its own time.
    TimedOutTwice [reserve, try[retry(times = 2)[timeout("8ms")[hold, stall]]] as outcome, tell]

    /// What is not stored, as a group says it.
    Passing [transient[connect], retry(times = 2)[hold_in, second_in], confirm]

    /// What may be anything, within what begins anew.
    RedoneRetried [reserve, reserved, retry(times = 2)[redone, checked], confirm]

    /// What can never be undone stands in an attempt that fails.
    PinnedRetried [reserve, retry(times = 3)[hold, pay, doomed]]

    /// Each item takes an arm of its own, all of it once more.
    ArmsInMapInRetry [
        items,
        retry(times = 2)[
            map(item in items, limit = 2)[
                kind,
                match kind {
                    Some(big) => pack_big,
                    None => pack_item,
                },
            ] as packed,
            second_packed,
        ],
        confirm,
    ]

    /// An arm that goes through items, each with attempts and a time.
    MapInArm [
        size,
        flag,
        items,
        when(flag)[
            timeout("1h")[
                map(item in items, limit = 2)[
                    retry(times = 2, backoff = fixed("1ms"))[fetch, sleep("1ms"), second_fetch],
                ] as numbers,
                total,
            ],
        ],
        match choice {
            Some(size) if *size > 3 => pack_more,
            _ => extra,
        },
        doomed,
    ]

    /// A map in a map that is tried, one at a time.
    DeepTried [
        reserve,
        items,
        try[
            limit(1)[
                map(item in items)[fetch, rows, map(row in rows)[cell] as cells] as numbers,
            ],
            doomed,
        ] as outcome,
        tell,
    ]

    /// A value is given for each attempt, within a time.
    GivenTwice [
        reserve,
        timeout("1h")[retry(times = 2)[signal(approval: u64), hold_given, second_given]],
        confirm,
    ]

    /// A flow in an attempt.
    FlowRetried [retry(times = 2)[Inner(seed = seed) as inner, second_inner], confirm]

    /// Items that go well, of which the last task of the run is undone.
    ParsedUndone [items, map(item in items, limit = 1)[fetch, parse] as numbers, total, doomed]
}

flow! {
    /// Stands in an attempt.
    pub struct Inner { seed: u64, #[resource] world: World } -> u64
    linear[reserve, hold, fine]
}

flow! {
    /// All attempts fail and are kept, and the run goes on once the world is repaired.
    #[flow(on_failure = keep)]
    pub struct RetryKept { seed: u64, #[resource] world: World } -> u64
    linear[reserve, retry(times = 2)[hold, broken], confirm]
}
