// expects: expected `struct`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    enum Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
