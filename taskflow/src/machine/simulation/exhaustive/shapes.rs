//! The small plans that are gone over, and how much may go wrong in each.

use super::{Budget, explore};
use crate::machine::simulation::plans::{Draft, plan, small};
use crate::plan::{Group, Guard, Kind, OnFailure};
use crate::task::{Backoff, OnUnknown, Policy, Retry, Reverts};

/// The policies that differ most.
fn policies() -> [Policy; 5] {
    let of = |reverts, on_unknown| Policy {
        reverts,
        on_unknown,
        ..Policy::DEFAULT
    };
    [
        of(Reverts::Done, OnUnknown::Rerun),
        Policy {
            revert_retry: Retry {
                times: 2,
                backoff: Backoff::NONE,
            },
            ..of(Reverts::Any, OnUnknown::Revert)
        },
        of(Reverts::Never, OnUnknown::Ask),
        Policy {
            transient: true,
            ..Policy::DEFAULT
        },
        Policy {
            irreversible: true,
            ..Policy::DEFAULT
        },
    ]
}

fn task(policy: Policy, before: &[u32]) -> Draft {
    Draft {
        policy,
        before: before.to_vec(),
        reads: before.to_vec(),
        ..Draft::new(Kind::Task)
    }
}

const BOTH: [OnFailure; 2] = [OnFailure::Revert, OnFailure::Keep];

fn budgets() -> Vec<Budget> {
    let budget = |crashes, failures, requests| Budget {
        crashes,
        failures,
        requests,
    };
    match std::env::var("TASKFLOW_BOUND").map(|text| text.parse()) {
        Ok(Ok(bound)) => vec![budget(bound, bound, bound)],
        _ => vec![budget(1, 1, 0)],
    }
}

/// Whether there is time for more than the plans that differ most.
pub(super) fn is_wide() -> bool {
    std::env::var_os("TASKFLOW_BOUND").is_some()
}

fn explore_all(plans: impl IntoIterator<Item = Vec<Draft>>) {
    let budgets = budgets();
    let (mut count, mut states) = (0, 0);
    for drafts in plans {
        for on_failure in BOTH {
            let plan = plan(&drafts, on_failure);
            for &budget in &budgets {
                states += explore(plan, budget);
            }
            count += 1;
        }
    }
    println!("{count} plans, {states} states");
}

/// Of how many tasks the greatest flat plans are.
fn atoms_max() -> u32 {
    let told = std::env::var("TASKFLOW_ATOMS").ok();
    let told = told.and_then(|text| text.parse().ok());
    told.unwrap_or(if is_wide() { 3 } else { 2 })
}

/// Every order of so many tasks, with every policy; from four on, with the first three.
fn flat(len: u32) -> Vec<Vec<Draft>> {
    let pairs = len * (len - 1) / 2;
    let policies = policies();
    let kinds = if len > 3 { 3 } else { small(policies.len()) };
    let mut plans = Vec::new();
    for edges in 0..1_u32 << pairs {
        for choice in 0..kinds.pow(len) {
            let mut pair = 0;
            let tasks = (0..len).map(|atom| {
                let before = (0..atom).filter(|_| {
                    pair += 1;
                    edges >> (pair - 1) & 1 == 1
                });
                let before: Vec<u32> = before.collect();
                let policy = choice / kinds.pow(atom) % kinds;
                task(policies[policy as usize], &before)
            });
            plans.push(tasks.collect());
        }
    }
    plans
}

#[test]
fn every_state_of_flat_plans_keeps_the_promises() {
    explore_all((1..=atoms_max()).flat_map(flat));
}

#[test]
fn every_state_of_plans_with_a_group_keeps_the_promises() {
    let groups = [
        Group::Retry,
        Group::Map,
        Group::Try,
        Group::Timeout,
        Group::Limit,
    ];
    let policies = policies();
    for group in groups {
        let mut plans = Vec::new();
        for first in policies {
            for second in &policies[..if is_wide() { 3 } else { 1 }] {
                for before in [&[][..], &[0]] {
                    let body = plan(&[task(first, &[]), task(*second, before)], OnFailure::Keep);
                    let mut inner = Draft::new(Kind::Group(group, body));
                    (inner.before, inner.reads) = (vec![0], vec![0]);
                    for outer in &[policies[3], policies[0]][..if is_wide() { 2 } else { 1 }] {
                        let tasks = [task(*outer, &[]), inner.clone(), task(policies[0], &[1])];
                        plans.push(tasks.to_vec());
                    }
                }
            }
        }
        explore_all(plans);
    }
}

#[test]
fn every_state_of_plans_with_a_choice_or_a_wait_keeps_the_promises() {
    let policies = policies();
    let mut plans = Vec::new();
    for policy in policies {
        let guarded = |arm| Draft {
            guard: Some(Guard { choice: 1, arm }),
            reads: vec![0],
            ..task(policy, &[1])
        };
        for outer in [policies[0], policies[3]] {
            let mut choice = Draft::new(Kind::Match);
            (choice.before, choice.reads) = (vec![0], vec![0]);
            let mut join = Draft::new(Kind::Join);
            (join.before, join.reads) = (vec![1, 2], vec![2]);
            let last = task(policies[0], &[3]);
            let first = task(outer, &[]);
            // An empty arm, and two with a task.
            plans.push(vec![first.clone(), choice.clone(), guarded(0), join, last]);
            let mut join = Draft::new(Kind::Join);
            (join.before, join.reads) = (vec![2, 3], vec![2, 3]);
            plans.push(vec![first.clone(), choice, guarded(0), guarded(1), join]);
            for wait in [Kind::Sleep, Kind::Signal] {
                let mut wait = Draft::new(wait);
                wait.before = vec![0];
                plans.push(vec![
                    first.clone(),
                    wait,
                    task(policy, &[]),
                    task(policy, &[1]),
                ]);
            }
        }
    }
    explore_all(plans);
}
