// expects: nothing provides `receipt`; hand out what a task provides
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> receipt: u64
    linear[pay]
}

fn main() {}
