// expects: unused variable: `note`
#![deny(unused_variables)]
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64, note: String } -> u64
    linear[pay]
}

fn main() {}
