//! The tasks that stand in groups: some fail until an attempt, for an item, or in a broken world.

// The tasks of one line each.
#![allow(missing_docs)]

use std::io;

use taskflow::{Failure, TaskContext, task};

use super::World;
use super::cases::ANSWER;
use super::flows::{Session, tasks, undo, undo_any};

/// Fails until the time has come.
pub(super) fn once_it_is(time_has_come: bool) -> io::Result<()> {
    if time_has_come {
        return Ok(());
    }
    Err(io::Error::other("it is not its turn yet"))
}

/// The item that a task stands in, as its path has it.
fn item_of(ctx: &TaskContext) -> String {
    let path = ctx.atom();
    path.find('[')
        .map_or_else(String::new, |at| path[at..].to_owned())
}

tasks! {
    #[task(revert = undo(world, ctx))] hold(seed) = seed.wrapping_add(2);
    #[task] fine(hold) = hold.wrapping_add(3);
    #[task] confirm(fine) = fine.wrapping_mul(2);
    #[task(revert = undo(world, ctx))] fetch(item) = item.wrapping_mul(2);
    #[task] parse(fetch) = fetch.wrapping_add(1);
    #[task(revert = undo(world, ctx))] cell(row) = row.wrapping_add(1);
    #[task(revert = undo(world, ctx))] pack_more(size) = size.wrapping_mul(3);
    #[task(revert = undo(world, ctx))] extra(seed) = seed.wrapping_add(30);
    #[task(revert = undo_any(world, ctx, outcome), on_unknown = revert)]
    redone_item(item) = item.wrapping_add(4);
    #[task(on_unknown = ask)] asked_item() = ANSWER;
}

/// Fails until the third attempt of what it stands in.
///
/// # Errors
///
/// The first two times, and what the world says.
#[task(provides = fine)]
pub fn third(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold")? >= 3)?;
    Ok(hold.wrapping_add(1))
}

/// Fails until the fourth attempt of what it stands in.
///
/// # Errors
///
/// The first three times, and what the world says.
#[task(provides = fine)]
pub fn fourth(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold")? >= 4)?;
    Ok(hold.wrapping_add(1))
}

/// Holds one of several.
///
/// # Errors
///
/// What the world says.
#[task(provides = held, revert = undo(world, ctx))]
pub fn hold_one(mirror: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(mirror)
}

/// Fails for all but one of them.
///
/// # Errors
///
/// For the others, and what the world says.
#[task(provides = fine)]
pub fn up(held: u64, seed: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(held == seed.wrapping_add(2))?;
    Ok(held)
}

/// Is attempted again by its own setting.
///
/// # Errors
///
/// The first two times, and what the world says.
#[task(retry(times = 4, backoff = fixed("1ms")))]
pub fn stubborn(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.times("stubborn")? >= 3)?;
    Ok(seed.wrapping_add(1))
}

/// Is attempted again by its own setting, and never succeeds.
///
/// # Errors
///
/// Always.
#[task(revert = undo_any(world, ctx, outcome), retry(times = 3))]
pub fn hopeless(world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Err(io::Error::other("it was hopeless"))
}

/// Tells how a group came out that may fail.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn tell(outcome: &Result<u64, Failure>, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(outcome.as_ref().map_or(1, |number| number.wrapping_add(2)))
}

/// Tells which items there are.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn items(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<Vec<u64>> {
    world.act(ctx)?;
    Ok((seed..seed.wrapping_add(3)).collect())
}

/// Adds up what became of the items.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn total(numbers: &[u64], world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(numbers
        .iter()
        .fold(0, |sum, next| next.wrapping_add(sum * 3)))
}

/// Adds up what became of those items that did not fail.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn tally(
    numbers: &[Result<u64, Failure>],
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    let add = |sum: u64, next: &Result<u64, Failure>| match next {
        Ok(number) => number.wrapping_add(sum * 3),
        Err(_) => sum.wrapping_add(1000),
    };
    Ok(numbers.iter().fold(0, add))
}

/// Fails for the second item.
///
/// # Errors
///
/// For that, and what the world says.
#[task(provides = parse)]
pub fn picky(
    fetch: u64,
    item: u64,
    seed: u64,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(item != seed.wrapping_add(1))?;
    Ok(fetch.wrapping_add(1))
}

/// Fails for the second item in a broken world.
///
/// # Errors
///
/// For that, and what the world says.
#[task(provides = parse)]
pub fn flaky_item(
    fetch: u64,
    item: u64,
    seed: u64,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    if item == seed.wrapping_add(1) {
        world.needs_repair()?;
    }
    world.act(ctx)?;
    Ok(fetch.wrapping_add(1))
}

/// Fails in the first attempt of its item.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = parse)]
pub fn second_fetch(fetch: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries(&format!("fetch{}", item_of(ctx)))? >= 2)?;
    Ok(fetch.wrapping_add(1))
}

/// Fails in the first attempt of all items.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_all(fetched: &[u64], world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("fetch[1]")? >= 2)?;
    Ok(fetched[1])
}

/// The rows of an item.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn rows(fetch: u64, world: &World, ctx: &TaskContext) -> io::Result<Vec<u64>> {
    world.act(ctx)?;
    Ok(vec![fetch, fetch.wrapping_add(5)])
}

/// What is chosen: the first time a size, then nothing.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn choice(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<Option<u64>> {
    world.act(ctx)?;
    Ok((world.tries("pack_more")? == 0).then_some(seed))
}

/// What is chosen whenever that is asked.
///
/// # Errors
///
/// What the world says.
#[task(provides = choice)]
pub fn size(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<Option<u64>> {
    world.act(ctx)?;
    Ok(Some(seed))
}

/// Whether there is more.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn flag(choice: &Option<u64>, world: &World, ctx: &TaskContext) -> io::Result<bool> {
    world.act(ctx)?;
    Ok(choice.is_some())
}

/// Fails if a size was chosen.
///
/// # Errors
///
/// For that, and what the world says.
#[task(provides = fine)]
pub fn nothing_chosen(
    choice: &Option<u64>,
    pack_more: Option<&u64>,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(choice.is_none() && pack_more.is_none())?;
    Ok(5)
}

/// Takes what an arm gave, and what a condition did.
///
/// # Errors
///
/// What the world says.
#[task(provides = fine)]
pub fn gather(
    pack_more: Option<&u64>,
    extra: Option<&u64>,
    world: &World,
    ctx: &TaskContext,
) -> io::Result<u64> {
    world.act(ctx)?;
    let of = |part: Option<&u64>| part.copied().unwrap_or(1);
    Ok(of(pack_more).wrapping_mul(of(extra)))
}

/// Needs a session in each attempt.
///
/// # Errors
///
/// What the world says.
#[task(provides = hold, revert = undo(world, ctx))]
pub fn hold_in(session: &Session, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(session.number())
}

/// Fails in the first attempt.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_in(hold: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("hold_in")? >= 2)?;
    Ok(hold.wrapping_add(1))
}

/// Fails in the first attempt, of which a revert failed.
///
/// # Errors
///
/// The first time, and what the world says.
#[task(provides = fine)]
pub fn second_sticky(sticky: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    once_it_is(world.tries("sticky")? >= 2)?;
    Ok(sticky)
}

/// Happens at most once for an item.
///
/// # Errors
///
/// What the world says.
#[task(on_unknown = skip)]
pub fn once_item(item: u64, world: &World, ctx: &TaskContext) -> io::Result<()> {
    let _ = item;
    world.act(ctx)
}
