//! What runs, in which order.

use taskflow::{AnyEngine, Flow, Parallel, RunState, TaskContext, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, recorded};

use crate::step;

flow! { struct Alone { #[resource] journal: Journal } -> provide: i64 provide }

#[test]
fn a_task_alone_is_a_flow() {
    recorded!(|journal| Alone { journal }, |told| {
        assert_eq!(told.result.unwrap(), 5);
        assert_eq!(told.effects, ["provide+"]);
        assert_eq!(told.records, ["plan", "begin", "start", "done", "end"]);
        assert_eq!(told.state, RunState::Succeeded);
    });
}

flow! { struct Two { #[resource] journal: Journal } linear[provide as t1, provide as t2] }
flow! { struct TwoAside { #[resource] journal: Journal } unordered[provide as t1, provide as t2] }
flow! { struct TwoInGraph { #[resource] journal: Journal } graph[provide as t1, provide as t2] }

#[test]
fn two_tasks_run_in_each_pattern() {
    recorded!(|journal| Two { journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+"]);
        let wanted = ["plan", "begin", "start", "done", "start", "done", "end"];
        assert_eq!(told.records, wanted);
    });
    recorded!(
        unordered | journal | TwoAside { journal },
        |told| assert_eq!(told.effects.len(), 2)
    );
    recorded!(
        unordered | journal | TwoInGraph { journal },
        |told| assert_eq!(told.effects.len(), 2)
    );
}

flow! {
    struct Fed { value: i64, #[resource] journal: Journal } -> t2: i64
    graph[step(value = t1) as t2, step as t1]
}
flow! {
    struct FourBackwards { value: i64, #[resource] journal: Journal } -> t4: i64
    graph[
        step(value = t3) as t4,
        step(value = t2) as t3,
        step(value = t1) as t2,
        step as t1,
    ]
}

#[test]
fn the_order_of_a_graph_follows_from_the_data() {
    recorded!(|journal| Fed { value: 0, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+"]);
        assert_eq!(told.result.unwrap(), 2);
    });
    recorded!(|journal| FourBackwards { value: 0, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+", "t3+", "t4+"]);
        assert_eq!(told.result.unwrap(), 4);
    });
}

#[test]
fn the_plan_of_a_flow_can_be_looked_at() {
    let tasks: Vec<_> = FourBackwards::PLAN.tasks().collect();
    assert_eq!(tasks.len(), 4);
    assert_eq!(FourBackwards::PLAN.before("t3"), ["t2"]);
    assert_eq!(FourBackwards::PLAN.after("t3"), ["t4"]);
    assert_eq!(Alone::PLAN.tasks().count(), 1);
}

macro_rules! ranked {
    ($($task:ident $rank:literal)*) => {
        $(
            #[task(priority = $rank)]
            fn $task(journal: &Journal, ctx: &TaskContext) {
                journal.note(ctx.atom());
            }
        )*
    };
}

ranked! { p0 0 p1 1 p2 2 p3 3 p4 4 p5 5 p6 6 p7 7 p8 8 p9 9 }

flow! {
    struct Ranked { #[resource] journal: Journal }
    unordered[p0, p1, p2, p3, p4, p5, p6, p7, p8, p9]
}

#[test]
fn of_several_that_could_start_the_most_urgent_does() {
    let engines = [
        "serial".parse().unwrap(),
        AnyEngine::Parallel(Parallel::with_threads(1).unwrap()),
    ];
    let wanted: Vec<_> = (0..10).rev().map(|rank| format!("p{rank}")).collect();
    for engine in engines {
        let journal = Journal::default();
        let flow = Ranked {
            journal: journal.clone(),
        };
        flow.call(&engine).unwrap();
        assert_eq!(journal.take(), wanted);
    }
}

macro_rules! wide {
    ($($name:ident)*) => {
        flow! {
            struct Branch { #[resource] journal: Journal }
            unordered[
                provide as a, provide as b, provide as c, provide as d, provide as e,
                provide as f, provide as g, provide as h, provide as i, provide as j,
            ]
        }
        flow! {
            struct Wide { #[resource] journal: Journal }
            linear[$(Branch as $name),*]
        }
    };
}

wide! { b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 }

#[test]
fn many_wide_flows_one_after_the_other_are_quick() {
    let begun = std::time::Instant::now();
    everywhere!(|journal| Wide { journal }, |seen| {
        seen.result.unwrap();
        assert_eq!(seen.effects.len(), 100);
        // One group is over before the next one begins.
        for (at, effect) in seen.effects.iter().enumerate() {
            assert!(effect.starts_with(&format!("b{}/", at / 10)), "{effect}");
        }
    });
    assert!(begun.elapsed().as_secs() < 20);
}
