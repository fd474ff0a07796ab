// expects: a pattern has brackets; write `linear[…]`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear<pay>
}

fn main() {}
