//! The plans that `flow!` gives to groups, as text.

use std::fmt::Write;

use super::{Kind, Plan};
use crate::{Flow, flow, task};

/// A line for each atom: its number, its name and kind, its guard, what comes before it and what it
/// reads; then those of its body. In the end, what is handed out, and who reads which field.
fn outline(plan: &Plan, indent: &str) -> String {
    let mut text = String::new();
    for atom in 0..plan.len() {
        let &super::Atom {
            kind, guard, name, ..
        } = plan.atom(atom);
        let kind = match kind {
            Kind::Task => String::new(),
            Kind::Group(group, _) => format!(" {group:?}"),
            kind => format!(" {kind:?}"),
        };
        let _ = write!(text, "{indent}{atom} {name}{kind}");
        if let Some(guard) = guard {
            let _ = write!(text, " if {}={}", guard.choice, guard.arm);
        }
        let mut before = plan.preds(atom).to_vec();
        before.sort_unstable();
        let mut reads = plan.reads(atom).to_vec();
        reads.sort_unstable();
        if !before.is_empty() {
            let _ = write!(text, " after {before:?}");
        }
        if !reads.is_empty() {
            let _ = write!(text, " reads {reads:?}");
        }
        text += "\n";
        if let Some(body) = plan.atom(atom).kind.body() {
            text += &outline(body, &format!("{indent}  "));
        }
    }
    let _ = write!(text, "{indent}-> {:?}", plan.outputs);
    if !plan.wants.is_empty() {
        let mut wants = plan.wants.to_vec();
        wants.sort_unstable();
        let _ = write!(text, " fields {wants:?}");
    }
    text + "\n"
}

#[track_caller]
fn assert_plan(plan: &Plan, expected: &str) {
    let found = outline(plan, "");
    let lines = expected.lines().skip(1);
    let lines: Vec<_> = lines
        .map(|line| line.strip_prefix("        ").unwrap_or(line))
        .collect();
    assert_eq!(found.trim(), lines.join("\n").trim(), "\n{found}");
}

#[task]
fn one() -> u32 {
    1
}

#[task]
fn twice(number: u32) -> u32 {
    number * 2
}

#[task]
fn sum(left: u32, right: Option<&u32>) -> u32 {
    left + right.map_or(0, |right| *right)
}

#[task]
fn total(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

flow! {
    /// Choices in a choice.
    struct Choices { flag: bool, number: u32, least: u32 } -> sum: u32
    linear[
        one,
        match one {
            0 => [],
            1 => linear[
                twice,
                when(flag)[unordered[sum(left = twice, right = number) as inner, one as other]],
            ],
            many if many > least => Child(number = many),
            _ => retry(times = number)[twice as again],
        },
        sum(left = one, right = other),
    ]
}

#[test]
fn choices_are_flat() {
    assert_plan(
        Choices::PLAN,
        "
        0 one
        1 match@twice Match after [0] reads [0]
        2 twice if 1=1 after [1] reads [0]
        3 when@inner Match if 1=1 after [2] reads [0]
        4 inner if 3=0 after [3] reads [0, 2]
        5 other if 3=0 after [3] reads [0]
        6  Join if 1=2 after [1]
        7 child if 1=2 after [6] reads [0]
        8 when@skipped Match if 1=2 after [7]
        9 skipped if 8=0 after [8] reads [0]
        10  Join if 1=2 after [9] reads [7]
        11 retry@again Retry if 1=3 after [1] reads [0]
          0 again
          -> [0]
        12 sum after [1, 3, 4, 5, 10, 11] reads [0, 5]
        -> [12] fields [(1, 2), (2, 1), (2, 2), (3, 0), (3, 2), (4, 0), (4, 1), (4, 2), (5, 0), (5, 2), (7, 2), (8, 0), (9, 0), (9, 2), (11, 1), (11, 2)]
        ",
    );
}

flow! {
    /// For others.
    struct Child { number: u32, flag: bool } -> child: u32
    linear[twice as child, when(flag)[twice as skipped]]
}

flow! {
    /// Bodies in bodies.
    struct Bodies { lists: Vec<Vec<u32>>, most: u32, flag: bool } -> (all: Vec<u32>, last: u32)
    linear[
        one,
        map(list in lists, limit = most)[
            try[total(numbers = list)],
            retry(times = 2)[linear[twice(number = one), Child(number = twice)]],
            sum(left = child, right = most),
        ] as all,
        limit(3)[total(numbers = all) as grand, one as last],
        twice(number = grand) as end,
    ]
}

#[test]
fn bodies_have_plans_of_their_own() {
    assert_plan(
        Bodies::PLAN,
        "
        0 one
        1 all Map after [0] reads [0]
          0 try@total Try
            0 total
            -> [0]
          1 retry@twice Retry after [0]
            0 twice
            1  Join after [0]
            2 child after [1] reads [0]
            3 when@skipped Match after [2]
            4 skipped if 3=0 after [3] reads [0]
            5  Join after [4] reads [2]
            -> [0, 5]
          2 sum after [1] reads [1]
          -> [2]
        2 limit@grand Limit after [1] reads [1]
          0 grand
          1 last after [0]
          -> [0, 1]
        3 end after [2] reads [2]
        -> [1, 2] fields [(1, 0), (1, 1), (1, 2)]
        ",
    );
}
