//! Whether the world is as the policies of the tasks promise, once a run has ended.

use std::collections::HashSet;

use super::waits::PARTS;
use super::{Case, Ends, World};

/// What is promised of a task once its run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It happened at least once, and exactly once for who looks at the key.
    Done,
    /// It happened at most once.
    AtMostOnce,
    /// It happened exactly once.
    Once,
    /// It is in place, and each time before that was taken back first.
    Redone,
    /// It is not in place.
    Gone,
    /// It failed, so nothing is promised of it.
    Free,
    /// It never happened.
    Absent,
    /// It is in place, begun anew so many times in all, and was taken back each time between two.
    InPlace(usize),
    /// It is not in place: it was begun so many times, and taken back each time.
    Taken(usize),
    /// As [`Taken`](Promise::Taken), or fewer times.
    TakenAtMost(usize),
    /// It was attempted so many times with one key, not counting what a kill cut short.
    Tries(usize),
    /// As [`Tries`](Promise::Tries), and it is not in place.
    TriesGone(usize),
    /// It went through its parts so many times, each time in order and none left out.
    Steps(usize),
}

impl Promise {
    /// Whether a task of which the logbook knows that it is done does not run again, unless it is
    /// taken back.
    #[must_use]
    pub fn is_for_good(self) -> bool {
        matches!(
            self,
            Self::Done
                | Self::AtMostOnce
                | Self::Once
                | Self::Redone
                | Self::Gone
                | Self::InPlace(_)
                | Self::Taken(_)
                | Self::TakenAtMost(_)
        )
    }
}

/// Fails unless the run ended as it does when nothing disturbs it, with every effect as promised.
/// `kills` is how often it was cut short at most.
///
/// # Panics
///
/// With what is wrong and everything that the tasks did.
pub fn judge(case: &Case, ends: &Ends, world: &World, kills: usize, what: &str) {
    assert_eq!(*ends, case.ends, "{}", story(case, ends, world, what));
    for &(task, promise) in case.promises {
        let story = || story(case, ends, world, what);
        assert!(
            is_kept(promise, &effects_of(task, world), kills),
            "`{task}` is not {promise:?} in {}",
            story()
        );
    }
}

/// Fails if anything is in place of a run that a person had undone, or was not taken back properly.
///
/// # Panics
///
/// With what is wrong and everything that the tasks did.
pub fn judge_undone(case: &Case, ends: &Ends, world: &World, what: &str) {
    for &(task, promise) in case.promises {
        let (Promise::InPlace(times) | Promise::Taken(times) | Promise::TakenAtMost(times)) =
            promise
        else {
            continue;
        };
        let promise = Promise::TakenAtMost(times);
        assert!(
            is_kept(promise, &effects_of(task, world), usize::MAX),
            "`{task}` is not {promise:?} in {}",
            story(case, ends, world, what)
        );
    }
}

fn story(case: &Case, ends: &Ends, world: &World, what: &str) -> String {
    let effects = effects(world);
    format!("{} ({what}): {ends:?}, {effects:#?}", case.name)
}

fn effects(world: &World) -> Vec<(String, String, String)> {
    let effects = world.effects();
    effects.unwrap_or_else(|error| panic!("the world cannot be looked at: {error}"))
}

/// One thing that a task did or took back, with its key, and the part that it was.
struct Effect {
    done: bool,
    key: String,
    part: Option<u64>,
}

fn effects_of(task: &str, world: &World) -> Vec<Effect> {
    let effect = |(what, path, key): (String, String, String)| {
        let (path, part) = match path.split_once('=') {
            Some((path, part)) => (path.to_owned(), part.parse().ok()),
            None => (path, None),
        };
        (path == task).then_some(Effect {
            done: what == "do",
            key,
            part,
        })
    };
    effects(world).into_iter().filter_map(effect).collect()
}

/// Whether the effects of one task keep the promise.
fn is_kept(promise: Promise, effects: &[Effect], kills: usize) -> bool {
    let one_key = |done: bool| {
        let mut keys = effects.iter().filter(|effect| effect.done == done);
        let first = keys.next();
        keys.all(|effect| Some(&effect.key) == first.map(|first| &first.key))
    };
    let in_place = effects.last().is_some_and(|last| last.done);
    let all_done = effects.iter().all(|effect| effect.done);
    let dones = effects.iter().filter(|effect| effect.done).count();
    // A kill has a task run again that it cut short.
    let up_to = |times: usize| times..=times.saturating_add(kills);
    match promise {
        Promise::Done => in_place && all_done && one_key(true),
        Promise::AtMostOnce => effects.len() <= 1,
        Promise::Once => effects.len() == 1,
        Promise::Redone => {
            in_place
                && effects
                    .windows(2)
                    .all(|pair| !pair[0].done || !pair[1].done && pair[0].key != pair[1].key)
        }
        // It is undone once, however often that is tried.
        Promise::Gone => !in_place && one_key(true) && one_key(false),
        Promise::Free => true,
        Promise::Absent => effects.is_empty(),
        Promise::InPlace(times) => in_place && begun(effects, kills) == Some(times),
        Promise::Taken(times) => !in_place && begun(effects, kills) == Some(times),
        Promise::TakenAtMost(times) => {
            !in_place && begun(effects, kills).is_some_and(|begun| begun <= times)
        }
        Promise::Tries(times) => all_done && one_key(true) && up_to(times).contains(&dones),
        Promise::TriesGone(times) => {
            !in_place && one_key(true) && one_key(false) && up_to(times).contains(&dones)
        }
        Promise::Steps(times) => walks(effects, kills) == Some(times),
    }
}

/// How often a task was begun anew, each time but the first after it had been taken back, with keys
/// that are equal for one time and its taking back, and new for the next; `None` if that is not so.
fn begun(effects: &[Effect], kills: usize) -> Option<usize> {
    let mut known = HashSet::new();
    let mut begun = 0;
    let of_one_kind = |a: &Effect, b: &Effect| a.done == b.done;
    for (number, stretch) in effects.chunk_by(of_one_kind).enumerate() {
        let first = &stretch[0];
        let is_legal = first.done == number.is_multiple_of(2)
            && known.insert(&first.key)
            && stretch.iter().all(|effect| effect.key == first.key)
            && stretch.len() <= kills.saturating_add(1);
        if !is_legal {
            return None;
        }
        begun += usize::from(first.done);
    }
    Some(begun)
}

/// How often a task went through its parts, in order; a part that a kill cut short comes again.
/// `None` if that is not so.
fn walks(effects: &[Effect], kills: usize) -> Option<usize> {
    let parts: Vec<u64> = effects.iter().filter_map(|effect| effect.part).collect();
    let (mut walks, mut next, mut again) = (0, 0, 0);
    for part in parts {
        if part == next {
            next += 1;
        } else if part + 1 == next || next == 0 && walks > 0 && part + 1 == PARTS {
            again += 1;
        } else {
            return None;
        }
        if next == PARTS {
            (walks, next) = (walks + 1, 0);
        }
    }
    (next == 0 && again <= kills).then_some(walks)
}
