//! What each attempt is given: the items of a list, or how often it was tried.

use std::collections::BTreeSet;

use taskflow::{RunState, TaskContext, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed, recorded};

use crate::{said, tell};

/// What each attempt was given, and that the last one failed.
fn given(items: &[i64]) -> Vec<String> {
    items
        .iter()
        .flat_map(|item| [format!("t1={item}"), "f+".into(), format!("t1<{item}")])
        .collect()
}

flow! {
    struct EachFails { items: Vec<i64>, #[resource] journal: Journal }
    linear[retry(x in items)[tell as t1, fail_plainly as f]]
}

#[test]
fn the_items_are_given_in_order_and_equal_ones_again() {
    recorded!(
        |journal| EachFails {
            items: vec![3, 2, 3, 5],
            journal
        },
        |told| {
            assert_eq!(told.effects, given(&[3, 2, 3, 5]));
            assert_eq!(told.state, RunState::Reverted);
            assert_eq!(said(&failed(told.result)), ["f: Woot!"]);
        }
    );
}

#[test]
fn where_there_is_nothing_to_try_nothing_is_tried() {
    recorded!(
        |journal| EachFails {
            items: Vec::new(),
            journal
        },
        |told| {
            assert!(told.effects.is_empty());
            let failed = failed(told.result);
            assert!(failed.to_string().contains("there is nothing to try"));
            // Nothing was done that would have to be undone.
            assert_eq!(told.state, RunState::Reverted);
        }
    );
}

flow! {
    struct Within { items: Vec<i64>, #[resource] journal: Journal }
    linear[provide as p, retry(x in items)[tell as t1, fail_plainly as f]]
}

#[test]
fn what_stands_before_the_items_is_undone_once_at_the_end() {
    recorded!(
        |journal| Within {
            items: vec![3, 2],
            journal
        },
        |told| {
            let mut wanted = given(&[3, 2]);
            wanted.insert(0, "p+".into());
            wanted.push("p<".into());
            assert_eq!(told.effects, wanted);
        }
    );
}

#[task]
fn sorted(items: &[i64]) -> Vec<i64> {
    let set: BTreeSet<i64> = items.iter().copied().collect();
    set.into_iter().collect()
}

flow! {
    struct Computed { items: Vec<i64>, #[resource] journal: Journal }
    linear[sorted, retry(x in sorted)[tell as t1, fail_plainly as f]]
}

#[test]
fn the_items_may_be_what_a_task_provides() {
    recorded!(
        unordered
            | journal
            | Computed {
                items: vec![3, 2, 3, 5],
                journal
            },
        |told| {
            assert_eq!(told.effects, given(&[2, 3, 5]));
            assert_eq!(told.state, RunState::Reverted);
        }
    );
    recorded!(
        unordered
            | journal
            | Computed {
                items: Vec::new(),
                journal
            },
        |told| {
            assert!(told.effects.is_empty());
            assert!(
                failed(told.result)
                    .to_string()
                    .contains("there is nothing to try")
            );
        }
    );
}

flow! {
    struct Longer { items: Vec<i64>, #[resource] journal: Journal }
    linear[retry(x in items, times = 3)[tell as t1, fail_plainly as f]]
}

#[test]
fn more_attempts_than_items_begin_with_the_first_again() {
    recorded!(
        |journal| Longer {
            items: vec![1, 2],
            journal
        },
        |told| assert_eq!(told.effects, given(&[1, 2, 1]))
    );
    recorded!(
        |journal| Longer {
            items: vec![1, 2, 3, 4],
            journal
        },
        |told| assert_eq!(told.effects, given(&[1, 2, 3]))
    );
}

#[task]
fn count_up(ctx: &TaskContext, journal: &Journal) -> Result<u32, String> {
    journal.note(ctx.attempt().to_string());
    if ctx.attempt() < 3 {
        Err("Woot!".to_owned())
    } else {
        Ok(ctx.attempt())
    }
}

flow! {
    struct Counted { #[resource] journal: Journal } -> count_up: u32
    linear[retry(times = 4)[count_up]]
}

#[test]
fn a_task_knows_which_attempt_it_is() {
    everywhere!(|journal| Counted { journal }, |seen| {
        assert_eq!(seen.result.unwrap(), 3);
        assert_eq!(seen.effects, ["1", "2", "3"]);
    });
}
