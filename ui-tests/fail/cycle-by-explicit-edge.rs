// expects: tasks wait for each other: `pay` -> `ship` (which reads `pay`) -> `pay` (by an explicit edge); remove one of these dependencies
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(pay: u64) -> u64 {
    pay
}

flow! {
    struct Checkout { price: u64 } -> ship: u64
    graph[pay, ship, ship -> pay]
}

fn main() {}
