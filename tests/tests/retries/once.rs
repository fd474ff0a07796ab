//! One controller.

use taskflow::{Outcome, RunState, Serial, TaskContext, Undone, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed, recorded};

use crate::{pick, said};

flow! {
    struct Tries { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[provide as t1, pick as t2]]
}

/// One attempt that fails, and that is undone.
const ATTEMPT: [&str; 4] = ["t1+", "t2+", "t2<", "t1<"];

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
            told.result.unwrap();
            let wanted = [
                "plan", "begin", // the controller
                "start", "open", // the first attempt
                "start", "done", "start", "fail", // is decided about before it is undone
                "again", "revert", "reverted", "revert", "reverted", // the second attempt
                "start", "done", "start", "done", "end",
            ];
            assert_eq!(told.records, wanted);
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
            let failed = failed(told.result);
            assert_eq!(said(&failed), ["t2: Woot!"]);
            assert_eq!(failed.undone(), &Undone::All);
        }
    );
}

flow! {
    struct ThreeCycles { y: i64, #[resource] journal: Journal }
    linear[retry(times = 3)[provide as t1, pick(x = 0) as t2]]
}

#[test]
fn so_many_times_is_the_number_of_attempts_in_all() {
    recorded!(|journal| ThreeCycles { y: 1, journal }, |told| {
        assert_eq!(told.effects, [ATTEMPT, ATTEMPT, ATTEMPT].concat());
        let decisions = told.records.iter().filter(|kind| **kind == "again");
        assert_eq!(decisions.count(), 2);
        assert_eq!(told.state, RunState::Reverted);
    });
}

flow! {
    struct Stuck { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[nasty as t1, pick as t2]]
}

#[test]
fn an_attempt_that_cannot_be_undone_is_the_last() {
    recorded!(
        |journal| Stuck {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |told| {
            assert_eq!(told.effects, ["t1+", "t2+", "t2<", "t1<"]);
            assert_eq!(told.state, RunState::RevertFailed);
            let failed = failed(told.result);
            assert_eq!(said(&failed), ["t2: Woot!"]);
            let wanted = "still in place: `t1` (its revert failed: Gotcha!)";
            assert_eq!(failed.undone().to_string(), wanted);
        }
    );
}

#[test]
fn a_new_run_of_what_was_given_up_is_given_up_again() {
    let (journal, book) = (Journal::default(), taskflow::Logbook::memory());
    for _ in 0..2 {
        let flow = ThreeCycles {
            y: 1,
            journal: journal.clone(),
        };
        failed(flow.run(&Serial, &book));
        assert_eq!(journal.take().len(), 12);
    }
}

flow! {
    struct FirstFails { y: i64, #[resource] journal: Journal }
    linear[retry(times = 2)[pick(x = 0) as t1, provide as never]]
}

#[test]
fn what_an_attempt_did_not_come_to_is_not_touched() {
    recorded!(|journal| FirstFails { y: 1, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t1<", "t1+", "t1<"]);
        let starts = told.records.iter().filter(|kind| **kind == "start");
        assert_eq!(starts.count(), 3, "the controller and two attempts");
    });
}

#[task(revert = hear(journal, outcome))]
fn loud(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    if ctx.attempt() == 1 {
        Err("Woot!".to_owned())
    } else {
        journal.note("done");
        Ok(())
    }
}

fn hear(journal: &Journal, outcome: Outcome<'_, ()>) {
    journal.note(format!("{outcome:?}"));
}

flow! {
    struct Loud { #[resource] journal: Journal }
    linear[retry(times = 2)[loud]]
}

#[test]
fn a_failed_task_of_an_attempt_is_told_how_it_failed() {
    everywhere!(|journal| Loud { journal }, |seen| {
        seen.result.unwrap();
        assert_eq!(seen.effects.len(), 2);
        assert!(seen.effects[0].contains("Woot!"), "{:?}", seen.effects);
        assert_eq!(seen.effects[1], "done");
    });
}
