//! Tasks beside each other, and graphs.

use taskflow::{RunState, Undone, flow};
use tests::classic::*;
use tests::{Journal, everywhere, failed};

use crate::{has, left, ordered, recorded, said};

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
