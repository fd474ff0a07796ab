//! `match` and `when`.

use serde::{Deserialize, Serialize};
use taskflow::{flow, task};
use tests::{Journal, everywhere, failed};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Plan {
    Free,
    Pro { seats: u32 },
    Old(String),
}

#[task]
fn free(journal: &Journal) -> u32 {
    journal.note("free");
    0
}

#[task(provides = price, revert = refund(journal, seats))]
fn bill(journal: &Journal, seats: &u32) -> u32 {
    journal.note(format!("bill {seats}"));
    seats * 10
}

fn refund(journal: &Journal, seats: &u32) {
    journal.note(format!("refund {seats}"));
}

#[task]
fn letter(journal: &Journal, name: &str) -> String {
    journal.note(format!("letter {name}"));
    format!("dear {name}")
}

#[task]
fn receipt(journal: &Journal, price: &u32, letter: Option<&String>) -> String {
    journal.note("receipt");
    format!("{price} {letter:?}")
}

flow! {
    struct Order { plan: Plan, min: u32, #[resource] journal: Journal } -> String
    linear[
        match plan {
            Plan::Free => free as price,
            Plan::Pro { seats } if seats > min => bill,
            Plan::Pro { .. } => free as price,
            Plan::Old(name) => linear[letter, free as price],
        },
        receipt,
    ]
}

#[test]
fn the_arm_that_matches_runs_and_no_other() {
    let cases = [
        (Plan::Free, "0 None", vec!["free", "receipt"]),
        (Plan::Pro { seats: 3 }, "30 None", vec!["bill 3", "receipt"]),
        (Plan::Pro { seats: 1 }, "0 None", vec!["free", "receipt"]),
        (
            Plan::Old("ann".into()),
            "0 Some(\"dear ann\")",
            vec!["letter ann", "free", "receipt"],
        ),
    ];
    for (plan, text, effects) in cases {
        let plan = &plan;
        everywhere!(
            |journal| Order {
                plan: plan.clone(),
                min: 2,
                journal
            },
            |seen| {
                assert_eq!(seen.result.unwrap(), text);
                assert_eq!(seen.effects, effects);
            }
        );
    }
}

#[task]
fn fails(journal: &Journal) -> Result<(), String> {
    journal.note("fails");
    Err("no".into())
}

flow! {
    struct Undone { plan: Plan, #[resource] journal: Journal }
    linear[
        match plan {
            Plan::Pro { seats } => bill,
            _ => [],
        },
        fails,
    ]
}

#[test]
fn what_an_arm_did_is_undone() {
    everywhere!(
        |journal| Undone {
            plan: Plan::Pro { seats: 4 },
            journal
        },
        |seen| {
            assert_eq!(failed(seen.result).failures().len(), 1);
            assert_eq!(seen.effects, ["bill 4", "fails", "refund 4"]);
        }
    );
    everywhere!(
        |journal| Undone {
            plan: Plan::Free,
            journal
        },
        |seen| {
            assert_eq!(failed(seen.result).failures().len(), 1);
            assert_eq!(seen.effects, ["fails"]);
        }
    );
}

flow! {
    struct Perhaps { flag: bool, #[resource] journal: Journal } -> free: Option<u32>
    linear[when(flag)[free]]
}

#[test]
fn when_makes_an_option_of_what_is_inside() {
    for flag in [false, true] {
        everywhere!(|journal| Perhaps { flag, journal }, |seen| {
            assert_eq!(seen.result.unwrap(), flag.then_some(0));
        });
    }
}

#[task(provides = flag)]
fn decide(plan: &Plan) -> bool {
    *plan != Plan::Free
}

flow! {
    struct Nested { plan: Plan, #[resource] journal: Journal }
    linear[
        decide,
        when(flag)[
            match plan {
                Plan::Pro { seats } => bill,
                Plan::Old(name) => linear[letter],
                Plan::Free => [],
            },
        ],
        fail(reason = "enough"),
    ]
}

#[test]
fn choices_stand_in_choices() {
    let cases = [
        (Plan::Free, vec![]),
        (Plan::Pro { seats: 2 }, vec!["bill 2", "refund 2"]),
        (Plan::Old("bob".into()), vec!["letter bob"]),
    ];
    for (plan, effects) in cases {
        let plan = &plan;
        everywhere!(
            |journal| Nested {
                plan: plan.clone(),
                journal
            },
            |seen| {
                let failed = failed(seen.result);
                assert_eq!(failed.failures()[0].to_string(), "task `fail`: enough");
                assert_eq!(seen.effects, effects);
            }
        );
    }
}
