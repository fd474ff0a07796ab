// expects: this `graph` has no task `shop`; did you mean `ship`?
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> ship: u64
    graph[pay, ship, pay -> shop]
}

fn main() {}
