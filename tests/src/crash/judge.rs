//! Whether the world is as the policies of the tasks promise, once a run has ended.

use super::{Case, Ends, Promise, World};

/// Fails unless the run ended as it does when nothing disturbs it, with every effect as promised.
///
/// # Panics
///
/// With what is wrong and everything that the tasks did.
pub fn judge(case: &Case, ends: &Ends, world: &World, what: &str) {
    let effects = world
        .effects()
        .unwrap_or_else(|error| panic!("the world cannot be looked at: {error}"));
    let story = || format!("{} ({what}): {ends:?}, {effects:#?}", case.name);
    assert_eq!(*ends, case.ends, "{}", story());
    for &(task, promise) in case.promises {
        let of_task: Vec<(bool, &str)> = effects
            .iter()
            .filter(|(_, path, _)| path == task)
            .map(|(what, _, key)| (what == "do", &**key))
            .collect();
        assert!(
            is_kept(promise, &of_task),
            "`{task}` is not {promise:?} in {}",
            story()
        );
    }
}

/// Whether the effects of one task, each with its key, keep the promise.
fn is_kept(promise: Promise, effects: &[(bool, &str)]) -> bool {
    let one_key = |done: bool| {
        let mut keys = effects.iter().filter(|effect| effect.0 == done);
        let first = keys.next();
        keys.all(|effect| Some(effect.1) == first.map(|first| first.1))
    };
    let in_place = effects.last().is_some_and(|last| last.0);
    match promise {
        Promise::Done => in_place && effects.iter().all(|effect| effect.0) && one_key(true),
        Promise::AtMostOnce => effects.len() <= 1,
        Promise::Once => effects.len() == 1,
        Promise::Redone => {
            in_place
                && effects
                    .windows(2)
                    .all(|pair| !pair[0].0 || !pair[1].0 && pair[0].1 != pair[1].1)
        }
        // It is undone once, however often that is tried.
        Promise::Gone => !in_place && one_key(true) && one_key(false),
        Promise::Free => true,
    }
}
