// expects: task `price` provides `price`, which would hide the input `price`; rename the result with `price as …`, or rename the input
use taskflow::{flow, task};

#[task]
fn price(item: &str) -> u64 {
    item.len() as u64
}

#[task]
fn charge(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { item: String, price: u64 } -> u64
    linear[price, charge]
}

fn main() {}
