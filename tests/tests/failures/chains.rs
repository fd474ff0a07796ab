//! One task after the other.

use taskflow::{FailureKind, RunState, Undone, flow};
use tests::classic::*;
use tests::{Journal, everywhere, failed};

use crate::{left, recorded, said};

flow! { struct Fails { #[resource] journal: Journal } linear[fail as f] }

#[test]
fn a_failed_task_is_told_that_it_is_undone() {
    everywhere!(|journal| Fails { journal }, |seen| {
        assert_eq!(seen.effects, ["f+", "f< Woot!"]);
        assert!(recorded(seen.state, RunState::Reverted));
        let failed = failed(seen.result);
        assert_eq!(said(&failed), ["f: Woot!"]);
        assert_eq!(failed.undone(), &Undone::All);
    });
}

#[test]
fn a_new_run_of_a_flow_that_failed_fails_the_same_way() {
    let (journal, book) = (Journal::default(), taskflow::Logbook::memory());
    for _ in 0..2 {
        let flow = Fails {
            journal: journal.clone(),
        };
        failed(flow.run(&taskflow::Serial, &book));
        assert_eq!(journal.take(), ["f+", "f< Woot!"]);
    }
    // The old run is over: its end is told, and nothing runs.
    let id = book.runs().unwrap()[0].id.clone();
    let flow = Fails {
        journal: journal.clone(),
    };
    failed(flow.id(id.as_ref()).run(&taskflow::Serial, &book));
    assert!(journal.take().is_empty());
}

flow! { struct FailsNasty { #[resource] journal: Journal } linear[nasty_fail as nf] }

#[test]
fn both_the_failure_and_that_of_the_revert_are_reported() {
    everywhere!(|journal| FailsNasty { journal }, |seen| {
        assert_eq!(seen.effects, ["nf+", "nf< Woot!"]);
        assert!(recorded(seen.state, RunState::RevertFailed));
        let failed = failed(seen.result);
        assert_eq!(said(&failed), ["nf: Woot!"]);
        assert_eq!(left(&failed), ["nf: Gotcha!"]);
    });
}

flow! {
    #[flow(on_failure = revert)]
    struct ProvidesAndFails { #[resource] journal: Journal } -> one: i64
    linear[one, three, provide, fail_plainly as f]
}

#[test]
fn nothing_is_left_of_what_was_provided() {
    everywhere!(|journal| ProvidesAndFails { journal }, |seen| {
        assert_eq!(seen.effects, ["provide+", "f+", "provide<"]);
        assert!(recorded(seen.state, RunState::Reverted));
        assert_eq!(failed(seen.result).undone(), &Undone::All);
    });
}

flow! { struct NastyThenFails { #[resource] journal: Journal } linear[nasty as n, fail as f] }

#[test]
fn a_revert_that_fails_is_told_apart_from_the_failure() {
    everywhere!(|journal| NastyThenFails { journal }, |seen| {
        assert_eq!(seen.effects, ["n+", "f+", "f< Woot!", "n<"]);
        assert!(recorded(seen.state, RunState::RevertFailed));
        let failed = failed(seen.result);
        assert_eq!(said(&failed), ["f: Woot!"]);
        assert_eq!(left(&failed), ["n: Gotcha!"]);
    });
}

flow! {
    struct InOrder { #[resource] journal: Journal } -> t2: i64
    linear[provide as t1, linear[provide as t2]]
}

#[test]
fn nested_linear_flows_run_in_order() {
    everywhere!(|journal| InOrder { journal }, |seen| {
        assert_eq!(seen.effects, ["t1+", "t2+"]);
        assert!(recorded(seen.state, RunState::Succeeded));
        assert_eq!(seen.result.unwrap(), 5);
    });
}

flow! { struct FailsFirst { #[resource] journal: Journal } linear[fail as f, provide as never] }

#[test]
fn what_comes_after_a_failure_is_not_touched() {
    everywhere!(|journal| FailsFirst { journal }, |seen| {
        assert_eq!(seen.effects, ["f+", "f< Woot!"]);
        assert_eq!(failed(seen.result).undone(), &Undone::All);
    });
}

flow! {
    struct Inner { #[resource] journal: Journal } -> t2: i64
    linear[provide as t2, fail as f]
}
flow! {
    struct FailsInside { #[resource] journal: Journal }
    linear[provide as t1, Inner as sub]
}

#[test]
fn a_failure_in_a_nested_flow_undoes_the_outer_one_too() {
    everywhere!(|journal| FailsInside { journal }, |seen| {
        let wanted = ["t1+", "sub/t2+", "sub/f+", "sub/f< Woot!", "sub/t2<", "t1<"];
        assert_eq!(seen.effects, wanted);
        assert!(recorded(seen.state, RunState::Reverted));
        assert_eq!(said(&failed(seen.result)), ["sub/f: Woot!"]);
    });
}

mod checking {
    //! A revert is given what its task had provided.

    use taskflow::task;
    use tests::Journal;

    #[task(provides = result, revert = check(journal, result))]
    pub(super) fn work(journal: &Journal) -> String {
        journal.note("work");
        "RESULT".to_owned()
    }

    fn check(journal: &Journal, result: &str) {
        journal.note(format!("undo {result}"));
    }
}

flow! {
    struct Checking { #[resource] journal: Journal }
    linear[checking::work, fail_plainly as fail1]
}

#[test]
fn a_revert_is_given_the_result_and_the_failure_is_printable() {
    everywhere!(|journal| Checking { journal }, |seen| {
        assert_eq!(seen.effects, ["work", "fail1+", "undo RESULT"]);
        let failed = failed(seen.result);
        assert_eq!(said(&failed), ["fail1: Woot!"]);
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Error);
        assert_eq!(
            failed.to_string(),
            "flow `checking` failed: task `fail1`: Woot!; what had succeeded is undone"
        );
    });
}

flow! {
    struct Keeps { x: i64, y: i64, #[resource] journal: Journal }
    linear[one, conditional as c, fail_plainly as never]
}

#[test]
fn a_flow_without_reverts_keeps_what_it_did() {
    everywhere!(
        |journal| Keeps {
            x: 1,
            y: 2,
            journal
        },
        |seen| {
            assert_eq!(seen.effects, ["c+"]);
            assert!(recorded(seen.state, RunState::Failed));
            assert_eq!(failed(seen.result).undone(), &Undone::Kept);
        }
    );
}
