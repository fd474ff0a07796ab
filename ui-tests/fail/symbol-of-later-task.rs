// expects: task `ship` needs `reserve`, which `reserve` provides only after it; move `reserve` to before `ship`, or use a `graph`
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
    linear[ship, reserve]
}

fn main() {}
