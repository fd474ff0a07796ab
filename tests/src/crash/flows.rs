//! A flow for each shape and each policy, made of tasks that leave a line in the world.

// Every field is a seed or a world.
#![allow(missing_docs)]

use std::io;
use std::thread;
use std::time::Duration;

use taskflow::{Outcome, TaskContext, flow, task};

use super::World;

/// What a session is good for ends with the process.
#[derive(Debug)]
pub struct Session(u64);

impl Session {
    pub(super) fn number(&self) -> u64 {
        self.0
    }
}

pub(super) fn undo(world: &World, ctx: &TaskContext) -> io::Result<()> {
    world.undo(ctx)
}

pub(super) fn undo_any(
    world: &World,
    ctx: &TaskContext,
    _outcome: Outcome<'_, u64>,
) -> io::Result<()> {
    world.undo(ctx)
}

fn undo_in(session: &Session, seed: u64, world: &World, ctx: &TaskContext) -> io::Result<()> {
    if session.0 != seed.wrapping_mul(2) {
        return Err(io::Error::other("this is the session of another"));
    }
    world.undo(ctx)
}

pub(super) fn undo_repaired(world: &World, ctx: &TaskContext) -> io::Result<()> {
    world.needs_repair()?;
    world.undo(ctx)
}

macro_rules! tasks {
    ($($(#[$settings:meta])* $name:ident($($need:ident),*) = $value:expr;)*) => {
        $(
            /// Leaves its line, and provides a number that follows from what it needs.
            ///
            /// # Errors
            ///
            /// What the world says.
            $(#[$settings])*
            pub fn $name($($need: u64,)* world: &World, ctx: &TaskContext) -> io::Result<u64> {
                world.act(ctx)?;
                Ok($value)
            }
        )*
    };
}
pub(super) use tasks;

tasks! {
    #[task] first(seed) = seed.wrapping_add(1);
    #[task] second(first) = first.wrapping_mul(10);
    #[task] third(second) = second.wrapping_add(5);
    #[task] left(first) = first.wrapping_mul(2);
    #[task] middle(first) = first.wrapping_mul(3);
    #[task] right(first) = first.wrapping_mul(4);
    #[task] both(left, right) = left.wrapping_add(right);
    #[task] all(left, middle, right) = left.wrapping_add(middle).wrapping_add(right);
    #[task] last(inner) = inner.wrapping_add(1);
    #[task(revert = undo(world, ctx))] reserve(seed) = seed.wrapping_add(1);
    #[task(revert = undo_any(world, ctx, outcome))] charge(reserve) = reserve.wrapping_mul(2);
    #[task(revert = undo(world, ctx))] pack(reserve) = reserve.wrapping_mul(3);
    #[task(revert = undo_repaired(world, ctx))] sticky(reserve) = reserve.wrapping_mul(5);
    #[task(irreversible)] pay(reserve) = reserve.wrapping_mul(7);
    #[task(revert = undo(world, ctx))] after(pay) = pay.wrapping_add(1);
    #[task(on_unknown = ask)] asked(first) = {
        // Kills at random shall hit it now and then.
        thread::sleep(Duration::from_micros(300));
        first.wrapping_add(100)
    };
    #[task(revert = undo_any(world, ctx, outcome), on_unknown = revert)]
    redone(first) = first.wrapping_add(200);
}

/// Happens at most once.
///
/// # Errors
///
/// What the world says.
#[task(on_unknown = skip)]
pub fn once(world: &World, ctx: &TaskContext) -> io::Result<()> {
    world.act(ctx)
}

/// Fails whatever happens.
///
/// # Errors
///
/// Always.
#[task]
pub fn doomed(world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Err(io::Error::other("it was doomed"))
}

/// Fails in a broken world.
///
/// # Errors
///
/// If the world is broken.
#[task]
pub fn flaky(second: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.needs_repair()?;
    world.act(ctx)?;
    Ok(second.wrapping_add(7))
}

/// Opens what no process after this one has.
///
/// # Errors
///
/// What the world says.
#[task(transient, provides = session)]
pub fn connect(seed: u64, world: &World, ctx: &TaskContext) -> io::Result<Session> {
    world.act(ctx)?;
    Ok(Session(seed.wrapping_mul(2)))
}

/// Needs a session.
///
/// # Errors
///
/// What the world says.
#[task(provides = loaded)]
pub fn load(session: &Session, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(session.0.wrapping_add(1))
}

/// Needs a session after others.
///
/// # Errors
///
/// What the world says.
#[task]
pub fn save(session: &Session, loaded: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(session.0.wrapping_mul(loaded))
}

/// Needs a session to be undone.
///
/// # Errors
///
/// What the world says.
#[task(revert = undo_in(session, seed, world, ctx))]
pub fn create(session: &Session, seed: u64, world: &World, ctx: &TaskContext) -> io::Result<u64> {
    world.act(ctx)?;
    Ok(session.0.wrapping_add(seed))
}

flow! {
    /// One after the other.
    pub struct Chain { seed: u64, #[resource] world: World } -> u64
    linear[first, second, third]
}

flow! {
    /// Three at once between two.
    pub struct Fan { seed: u64, #[resource] world: World } -> u64
    linear[first, unordered[left, middle, right], all]
}

flow! {
    /// The order follows from the data.
    pub struct Diamond { seed: u64, #[resource] world: World } -> both: u64
    graph[both, right, left, first]
}

flow! {
    /// A flow in a flow.
    pub struct Nested { seed: u64, #[resource] world: World } -> u64
    linear[first, Chain(seed = first) as inner, last]
}

flow! {
    /// Fails and is undone, side by side.
    pub struct Undone { seed: u64, #[resource] world: World } -> u64
    linear[reserve, unordered[charge, pack], doomed]
}

flow! {
    /// Fails inside of a nested flow, and the outer one is undone too.
    pub struct NestedUndone { seed: u64, #[resource] world: World } -> u64
    linear[reserve, charge, Undone(seed = charge) as inner]
}

flow! {
    /// Needs a value that is not stored, also after others.
    pub struct Sessions { seed: u64, #[resource] world: World } -> save: u64
    linear[connect, load, unordered[first, save]]
}

flow! {
    /// Needs a value that is not stored to be undone.
    pub struct SessionUndone { seed: u64, #[resource] world: World } -> u64
    linear[connect, create, doomed]
}

flow! {
    /// What can never be undone holds what stands before it.
    pub struct Pinned { seed: u64, #[resource] world: World } -> u64
    linear[reserve, pay, after, doomed]
}

flow! {
    /// A task for each answer to an unknown outcome.
    pub struct Policies { seed: u64, #[resource] world: World } -> redone: u64
    linear[first, once, asked, redone, second]
}

flow! {
    /// A revert fails until the world is repaired.
    pub struct Stuck { seed: u64, #[resource] world: World } -> u64
    linear[reserve, sticky, doomed]
}

flow! {
    /// A failure is kept, and the run goes on once the world is repaired.
    #[flow(on_failure = keep)]
    pub struct Kept { seed: u64, #[resource] world: World } -> flaky: u64
    linear[first, second, unordered[flaky, third]]
}
