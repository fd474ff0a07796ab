//! What follows a failure: the classic scenarios of the original, on every engine, recorded and
//! not. `SCENARIOS.md` says which test keeps which scenario.
#![allow(missing_docs)]

use taskflow::{Failed, FailureKind, RunState, Undone, flow};
use tests::classic::*;
use tests::{Journal, everywhere, failed};

/// What a person reads of the failures.
fn said(failed: &Failed) -> Vec<String> {
    let failures = failed.failures().iter();
    failures
        .map(|failure| format!("{}: {}", failure.task, failure.failure))
        .collect()
}

/// What is left in place, and why its revert failed.
fn left(failed: &Failed) -> Vec<String> {
    match failed.undone() {
        Undone::Partly(left) => left
            .iter()
            .map(|left| match &left.failure {
                Some(failure) => format!("{}: {failure}", left.task),
                None => left.task.clone(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether `effects` has `before` and, later, `after`.
fn ordered(effects: &[String], before: &str, after: &str) -> bool {
    let at = |wanted: &str| effects.iter().position(|effect| effect == wanted);
    matches!((at(before), at(after)), (Some(before), Some(after)) if before < after)
}

fn has(effects: &[String], wanted: &str) -> bool {
    effects.iter().any(|effect| effect == wanted)
}

fn recorded(state: Option<RunState>, wanted: RunState) -> bool {
    state.is_none_or(|state| state == wanted)
}

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

flow! {
    struct FailsBetween { #[resource] journal: Journal }
    unordered[provide as t1, fail as f, provide as t2]
}

#[test]
fn unordered_siblings_of_a_failure_are_undone_if_they_ran() {
    everywhere!(|journal| FailsBetween { journal }, |seen| {
        if seen.serial {
            // What had not started stays untouched.
            assert_eq!(seen.effects, ["t1+", "f+", "f< Woot!", "t1<"]);
        }
        for sibling in ["t1", "t2"] {
            let (ran, undone) = (format!("{sibling}+"), format!("{sibling}<"));
            assert_eq!(has(&seen.effects, &ran), has(&seen.effects, &undone));
        }
        assert!(recorded(seen.state, RunState::Reverted));
        assert_eq!(said(&failed(seen.result)), ["f: Woot!"]);
    });
}

flow! {
    struct NastySiblings { #[resource] journal: Journal }
    linear[unordered[provide as t1, nasty as n], fail as f]
}

#[test]
fn a_revert_that_fails_does_not_keep_its_sibling_from_being_undone() {
    everywhere!(|journal| NastySiblings { journal }, |seen| {
        assert!(has(&seen.effects, "t1<") && has(&seen.effects, "n<"));
        assert!(recorded(seen.state, RunState::RevertFailed));
        let failed = failed(seen.result);
        assert_eq!(left(&failed), ["n: Gotcha!"]);
    });
}

flow! {
    struct FailsLast { #[resource] journal: Journal }
    linear[provide as t1, provide as t2, unordered[provide as t3, fail as f]]
}

#[test]
fn an_unordered_group_is_undone_before_what_stands_before_it() {
    everywhere!(|journal| FailsLast { journal }, |seen| {
        let effects = &seen.effects;
        assert_eq!(effects[..2], ["t1+", "t2+"]);
        assert_eq!(effects[effects.len() - 2..], ["t2<", "t1<"]);
        assert_eq!(has(effects, "t3+"), has(effects, "t3<"));
        assert!(has(effects, "f< Woot!"));
        if seen.serial {
            assert_eq!(effects[2..6], ["t3+", "f+", "f< Woot!", "t3<"]);
        }
        assert!(recorded(seen.state, RunState::Reverted));
    });
}

flow! {
    struct NastyLast { #[resource] journal: Journal }
    linear[provide as t1, provide as t2, unordered[provide as t3, nasty_fail as nf]]
}

#[test]
fn a_revert_that_fails_blocks_what_stands_before_it_and_nothing_else() {
    everywhere!(|journal| NastyLast { journal }, |seen| {
        let effects = &seen.effects;
        assert_eq!(has(effects, "t3+"), has(effects, "t3<"));
        assert!(!has(effects, "t2<") && !has(effects, "t1<"));
        assert!(recorded(seen.state, RunState::RevertFailed));
        let failed = failed(seen.result);
        assert_eq!(left(&failed), ["t1", "t2", "nf: Gotcha!"]);
        assert_eq!(
            failed.undone().to_string(),
            "still in place: `t1`, `t2`, `nf` (its revert failed: Gotcha!)"
        );
    });
}

flow! {
    struct FailsAside { #[resource] journal: Journal }
    unordered[provide as t1, linear[provide as t2, fail as f]]
}

#[test]
fn a_branch_that_fails_is_undone_in_reverse() {
    everywhere!(|journal| FailsAside { journal }, |seen| {
        assert!(ordered(&seen.effects, "f< Woot!", "t2<"));
        assert_eq!(has(&seen.effects, "t1+"), has(&seen.effects, "t1<"));
        assert!(recorded(seen.state, RunState::Reverted));
    });
}

flow! {
    struct NastyAside { #[resource] journal: Journal }
    unordered[provide as t1, linear[provide as t2, nasty_fail as nf]]
}

#[test]
fn a_revert_that_fails_blocks_its_branch_alone() {
    everywhere!(|journal| NastyAside { journal }, |seen| {
        assert!(!has(&seen.effects, "t2<"));
        assert_eq!(has(&seen.effects, "t1+"), has(&seen.effects, "t1<"));
        let failed = failed(seen.result);
        assert_eq!(left(&failed), ["t2", "nf: Gotcha!"]);
        assert!(recorded(seen.state, RunState::RevertFailed));
    });
}

flow! {
    struct GraphFails { #[resource] journal: Journal }
    graph[
        t4 -> t5,
        provide as t5,
        provide as t4,
        fail as f,
        provide as t2,
        provide as t1,
        t1 -> t2 -> f -> t4,
    ]
}

#[test]
fn a_graph_is_undone_in_reverse_of_its_order() {
    everywhere!(|journal| GraphFails { journal }, |seen| {
        let wanted = ["t1+", "t2+", "f+", "f< Woot!", "t2<", "t1<"];
        assert_eq!(seen.effects, wanted);
        assert!(recorded(seen.state, RunState::Reverted));
        assert_eq!(failed(seen.result).undone(), &Undone::All);
    });
}

flow! {
    struct GraphNasty { #[resource] journal: Journal }
    graph[
        fail as f,
        provide as t3,
        nasty as n,
        provide as t1,
        t1 -> n -> t3 -> f,
    ]
}

#[test]
fn a_revert_that_fails_in_a_graph_blocks_what_stands_before_it() {
    everywhere!(|journal| GraphNasty { journal }, |seen| {
        let wanted = ["t1+", "n+", "t3+", "f+", "f< Woot!", "t3<", "n<"];
        assert_eq!(seen.effects, wanted);
        assert!(recorded(seen.state, RunState::RevertFailed));
        assert_eq!(left(&failed(seen.result)), ["t1", "n: Gotcha!"]);
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

flow! {
    struct Shapes { #[resource] journal: Journal }
    unordered[
        linear[provide as a1, provide as a2, provide as a3, provide as a4, provide as a5],
        linear[provide as b1, provide as b2, provide as b3, provide as b4, provide as b5],
        linear[provide as c1, provide as c2, provide as c3, provide as c4, provide as c5],
        linear[provide as d1, provide as d2, provide as d3, provide as d4, provide as d5],
    ]
}

#[test]
fn wide_flows_run_each_task_once() {
    everywhere!(|journal| Shapes { journal }, |seen| {
        assert_eq!(seen.effects.len(), 20);
        assert!(ordered(&seen.effects, "a1+", "a5+") && ordered(&seen.effects, "d4+", "d5+"));
        seen.result.unwrap();
    });
}
