// expects: `price` is bound twice; remove one
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { net: u64, gross: u64 } -> u64
    linear[pay(price = net, price = gross)]
}

fn main() {}
