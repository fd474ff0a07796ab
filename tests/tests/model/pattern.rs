//! A flow as data: its tasks, and the pattern that says what comes after what.

use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// What the task with this number provides.
    Task(usize),
    Input(usize),
    Literal(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Reverted if it succeeded.
    Done,
    /// Reverted if it was started.
    Any,
    /// Irreversible.
    Final,
    /// Irreversible, and reverted if it failed.
    FinalAny,
    /// Transient.
    Passing,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) reads: &'static [Read],
}

#[derive(Debug)]
pub(crate) enum Item {
    Task(usize),
    Linear(&'static [Item]),
    Unordered(&'static [Item]),
    /// With the explicit edges between its tasks.
    Graph(&'static [Item], &'static [(usize, usize)]),
    /// A nested flow, and what its fields are given: it waits for that as a whole.
    Flow(&'static Item, &'static [Read]),
}

/// A flow.
#[derive(Debug)]
pub(crate) struct Case {
    /// What `on_failure` says, if it is said.
    pub(crate) keep: Option<bool>,
    pub(crate) output: usize,
    pub(crate) tasks: &'static [Task],
    pub(crate) tree: Item,
    /// The pattern as it was written.
    pub(crate) text: &'static str,
}

impl Item {
    /// Its tasks, in the order of definition.
    pub(crate) fn tasks(&self, case: &Case) -> Vec<usize> {
        match self {
            Self::Task(task) => vec![*task],
            Self::Flow(item, _) => item.tasks(case),
            Self::Linear(items) | Self::Unordered(items) => {
                items.iter().flat_map(|item| item.tasks(case)).collect()
            }
            Self::Graph(items, edges) => {
                // Again and again the first one that waits for nothing.
                let waits = graph(case, items, edges);
                let mut order: Vec<usize> = Vec::new();
                while order.len() < items.len() {
                    let free = |item: &usize| {
                        !order.contains(item)
                            && waits
                                .iter()
                                .all(|(from, to)| to != item || order.contains(from))
                    };
                    let next = (0..items.len()).find(free).expect("no cycle");
                    order.push(next);
                }
                order
                    .iter()
                    .flat_map(|&item| items[item].tasks(case))
                    .collect()
            }
        }
    }

    /// Adds every pair of tasks of which the first is finished before the second starts.
    pub(crate) fn pairs(&self, case: &Case, pairs: &mut BTreeSet<(usize, usize)>) {
        let (items, waits) = match self {
            Self::Task(_) => return,
            Self::Flow(item, _) => return item.pairs(case, pairs),
            Self::Unordered(items) => (items, BTreeSet::new()),
            Self::Linear(items) => {
                let all = (0..items.len()).flat_map(|to| (0..to).map(move |from| (from, to)));
                (items, all.collect())
            }
            Self::Graph(items, edges) => (items, closure(graph(case, items, edges), items.len())),
        };
        for (from, to) in waits {
            for first in items[from].tasks(case) {
                pairs.extend(items[to].tasks(case).iter().map(|&second| (first, second)));
            }
        }
        items.iter().for_each(|item| item.pairs(case, pairs));
    }
}

/// Which items of a graph wait for which.
fn graph(case: &Case, items: &[Item], edges: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
    let home = |task: usize| items.iter().position(|item| members(item).contains(&task));
    let mut waits = BTreeSet::new();
    for (to, item) in items.iter().enumerate() {
        for read in reads(case, item) {
            if let Read::Task(read) = read
                && let Some(from) = home(read)
                && from != to
            {
                waits.insert((from, to));
            }
        }
    }
    for &(from, to) in edges {
        if let (Some(from), Some(to)) = (home(from), home(to)) {
            waits.insert((from, to));
        }
    }
    waits
}

fn reads(case: &Case, item: &Item) -> Vec<Read> {
    match item {
        Item::Task(task) => case.tasks[*task].reads.to_vec(),
        Item::Flow(item, given) => [reads(case, item), given.to_vec()].concat(),
        Item::Linear(items) | Item::Unordered(items) | Item::Graph(items, _) => {
            items.iter().flat_map(|item| reads(case, item)).collect()
        }
    }
}

fn members(item: &Item) -> Vec<usize> {
    match item {
        Item::Task(task) => vec![*task],
        Item::Flow(item, _) => members(item),
        Item::Linear(items) | Item::Unordered(items) | Item::Graph(items, _) => {
            items.iter().flat_map(members).collect()
        }
    }
}

fn closure(mut waits: BTreeSet<(usize, usize)>, len: usize) -> BTreeSet<(usize, usize)> {
    for via in 0..len {
        for from in 0..len {
            for to in 0..len {
                if waits.contains(&(from, via)) && waits.contains(&(via, to)) {
                    waits.insert((from, to));
                }
            }
        }
    }
    waits
}
