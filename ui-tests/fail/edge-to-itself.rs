// expects: `pay` cannot wait for itself; remove this edge
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> pay: u64
    graph[pay, pay -> pay]
}

fn main() {}
