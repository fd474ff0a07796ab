//! Flows that wait: for a time, for a signal, for each other; and tasks that say how far they are.

// Every field is a seed or a world.
#![allow(missing_docs)]

use std::io;
use std::thread;
use std::time::Duration;

use taskflow::{CheckpointError, Failure, TaskContext, flow, task};

use super::World;
use super::flows::{doomed, first, reserve, second, tasks, undo, undo_any};
use super::groups::flows;
use super::steps::{confirm, fine, hold, items, once_it_is, tell, total};

/// How many parts a walk has.
pub(super) const PARTS: u64 = 3;

tasks! {
    #[task] accept(approval) = approval.wrapping_mul(100);
    #[task] both_given(accept, yes, no) = accept.wrapping_add(yes).wrapping_add(no);
    #[task(revert = undo(world, ctx), provides = hold)] hold_given(approval) = approval.wrapping_add(1);
}

/// Waits until its time is up.
///
/// # Errors
///
/// Always.
#[task(provides = fine)]
pub fn stall(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    while !ctx.is_stopping() {
        thread::sleep(Duration::from_millis(1));
    }
    Err(io::Error::other(format!("it had {hold}, and no time")))
}

/// Waits until its own time is up.
///
/// # Errors
///
/// Always.
#[task(timeout = "8ms", revert = undo_any(world, ctx, outcome))]
pub fn stall_alone(world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    while !ctx.is_stopping() {
        thread::sleep(Duration::from_millis(1));
    }
    Err(io::Error::other("it had no time"))
}

/// No other may run beside it.
///
/// # Errors
///
/// If another does, and what the world says.
#[task(revert = undo(world, ctx))]
pub fn alone(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act_alone(ctx)?;
    Ok(seed.wrapping_add(9))
}

/// As [`alone`], for an item.
///
/// # Errors
///
/// As there.
#[task(revert = undo(world, ctx))]
pub fn alone_item(item: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act_alone(ctx)?;
    Ok(item)
}

/// Fails until the third value is given.
///
/// # Errors
///
/// For the first two, and what the world says.
#[task(provides = fine)]
pub fn enough(hold: u64, approval: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(approval >= 3)?;
    Ok(hold)
}

/// Says how far it is, part after part.
fn walk_on(world: &World, ctx: &TaskContext) -> Result<u64, CheckpointError> {
    let (mut part, mut sum) = ctx.restored::<(u64, u64)>()?.unwrap_or_default();
    while part < PARTS {
        acted(world.act_in_part(ctx, part));
        part += 1;
        sum = sum * 2 + part;
        ctx.checkpoint(&(part, sum))?;
    }
    Ok(sum)
}

/// The world is part of the test: what it refuses ends the task.
fn acted(result: io::Result<()>) {
    result.unwrap_or_else(|error| panic!("the world refuses: {error}"));
}

/// Says how far it is.
///
/// # Errors
///
/// If that cannot be recorded.
#[task]
pub fn walk(world: &World, ctx: &TaskContext) -> Result<u64, CheckpointError> {
    walk_on(world, ctx)
}

/// Says how far it is, and is undone.
///
/// # Errors
///
/// If that cannot be recorded.
#[task(revert = undo(world, ctx))]
pub fn walk_back(world: &World, ctx: &TaskContext) -> Result<u64, CheckpointError> {
    walk_on(world, ctx)
}

/// Fails between two parts, and goes on with the next one when it is attempted again.
///
/// # Errors
///
/// If it fails.
#[task(retry(times = 2))]
pub fn stumble(world: &World, ctx: &TaskContext) -> io::Result<u64> {
    let part = ctx
        .restored::<u64>()
        .map_err(io::Error::other)?
        .unwrap_or(0);
    for part in part..PARTS {
        world.act_in_part(ctx, part)?;
        ctx.checkpoint(&(part + 1)).map_err(io::Error::other)?;
        if part == 1 {
            return Err(io::Error::other("it stumbled"));
        }
    }
    Ok(PARTS)
}

/// Fails in the first attempt.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_walk(
    hold: u64,
    walk: u64,
    walk_back: u64,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold")? >= 2)?;
    Ok(hold.wrapping_add(walk).wrapping_add(walk_back))
}

/// What nobody has answered in time.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn unanswered(
    answer: &Result<u64, Failure>,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(u64::from(answer.is_err()))
}

flows! {
    /// Waits between two tasks.
    Slept [first, sleep("8ms"), second]

    /// What takes too long is undone, and the run goes on.
    TimedOut [reserve, try[timeout("12ms")[hold, stall]] as outcome, tell]

    /// What is done in time is done.
    InTime [timeout("1h")[hold, fine], confirm]

    /// A task takes too long.
    TaskTimedOut [reserve, stall_alone]

    /// One at a time.
    Limited [
        limit(1)[unordered[alone as one, alone as two, alone as three]],
        total_of_three,
    ]

    /// One item at a time, and undone one at a time.
    ItemsLimited [
        items,
        limit(1)[map(item in items)[alone_item] as numbers],
        total,
        doomed,
    ]

    /// Waits for what others give it.
    Signalled [
        reserve,
        signal(approval: u64),
        accept,
        unordered[signal(yes: u64), signal(no: u64, timeout = "1h")],
        both_given,
    ]

    /// Waits for a value in each attempt.
    SignalRetried [
        reserve,
        retry(times = 3)[signal(approval: u64), hold_given, enough],
        confirm,
    ]

    /// Nobody answers.
    Unanswered [reserve, try[signal(late: u64, timeout = "8ms")] as answer, unanswered]

    /// What was given is lost with the run.
    SignalUndone [reserve, signal(approval: u64), hold_given, doomed]

    /// A value is given for each item.
    SignalItems [
        items,
        map(item in items)[signal(approval: u64), hold_given] as numbers,
        total,
    ]

    /// A task says how far it is.
    Walked [first, walk, stumble]

    /// Each item says how far it is.
    ItemsWalked [items, map(_item in items, limit = 2)[walk] as numbers, total]

    /// Each attempt begins anew.
    WalkedAnew [retry(times = 2)[hold, walk, walk_back, second_walk], confirm]
}

/// Adds three numbers up.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn total_of_three(
    one: u64,
    two: u64,
    three: u64,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(one.wrapping_add(two).wrapping_add(three))
}
