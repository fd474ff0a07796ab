//! One controller.

use taskflow::{RunState, Serial, Undone, flow};
use tests::classic::*;
use tests::{Journal, failed, recorded};

use crate::{pick, said};

flow! {
    struct Tries { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[provide as t1, pick as t2]]
}

/// One attempt that fails, without what decides about it.
const ATTEMPT: [&str; 4] = ["t1+", "t2+", "t2!<", "t1<"];

#[test]
fn a_failed_attempt_is_undone_and_the_next_one_succeeds() {
    recorded!(
        |journal| Tries {
            xs: vec![1, 2, 3, 4],
            y: 2,
            journal
        },
        |told| {
            assert_eq!(told.effects[..4], ATTEMPT);
            assert_eq!(told.effects[4..], ["t1+", "t2+"]);
            assert_eq!(told.state, RunState::Succeeded);
            println!("{:?}", told.records);
            told.result.unwrap();
        }
    );
}

#[test]
fn when_every_attempt_has_failed_the_run_is_undone() {
    recorded!(
        |journal| Tries {
            xs: vec![1, 2],
            y: 4,
            journal
        },
        |told| {
            assert_eq!(told.effects, [ATTEMPT, ATTEMPT].concat());
            assert_eq!(told.state, RunState::Reverted);
            println!("{:?}", told.records);
            let failed = failed(told.result);
            assert_eq!(said(&failed), ["t2: Woot!"]);
            assert_eq!(failed.undone(), &Undone::All);
        }
    );
}
