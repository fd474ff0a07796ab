// expects: task `ship` needs `reserve`, which its unordered sibling `reserve` provides; put them in a `linear[reserve, ship]` or a `graph`
use taskflow::{flow, task};

#[task]
fn reserve(item: &str) -> u64 {
    item.len() as u64
}

#[task]
fn ship(reserve: u64) -> u64 {
    reserve
}

flow! {
    struct Checkout { item: String } -> ship: u64
    unordered[reserve, ship]
}

fn main() {}
