// expects: `unordered` is empty; list at least one task, or remove it
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[unordered[], pay]
}

fn main() {}
