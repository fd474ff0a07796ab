//! The order within a `graph`: each item behind those that it waits for, or why there is none.

use std::collections::BTreeSet;

/// `to` waits for `from`, for a symbol or because the user says so.
#[derive(Clone)]
pub(crate) struct Wait {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) symbol: Option<String>,
}

/// The items so that each stands behind those that it waits for, otherwise as defined; without
/// those that wait for each other.
pub(crate) fn sort(len: usize, edges: &[Wait]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut waits = vec![0_usize; len];
    let mut after = vec![Vec::new(); len];
    for edge in edges {
        waits[edge.to] += 1;
        after[edge.from].push(edge.to);
    }
    let mut free: BTreeSet<usize> = (0..len).filter(|&item| waits[item] == 0).collect();
    while let Some(item) = free.pop_first() {
        order.push(item);
        for &next in &after[item] {
            waits[next] -= 1;
            if waits[next] == 0 {
                free.insert(next);
            }
        }
    }
    order
}

/// The waits of one cycle among the items that could not be sorted, from its first item on.
pub(crate) fn cycle<'w>(len: usize, edges: &'w [Wait], sorted: &[usize]) -> Vec<&'w Wait> {
    let Some(start) = (0..len).find(|item| !sorted.contains(item)) else {
        return Vec::new();
    };
    // Each item that is left waits for another one that is left, so going backwards ends in a
    // cycle.
    let mut seen = vec![start];
    let mut waits: Vec<&Wait> = Vec::new();
    let mut at = start;
    while let Some(wait) = edges
        .iter()
        .find(|edge| edge.to == at && !sorted.contains(&edge.from))
    {
        waits.push(wait);
        at = wait.from;
        if let Some(closed) = seen.iter().position(|&item| item == at) {
            waits.drain(..closed);
            break;
        }
        seen.push(at);
    }
    waits.reverse();
    let first = waits
        .iter()
        .enumerate()
        .min_by_key(|(_, wait)| wait.from)
        .map_or(0, |(at, _)| at);
    waits.rotate_left(first);
    waits
}
