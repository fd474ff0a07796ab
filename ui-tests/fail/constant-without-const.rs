// expects: task `pay` needs `PRICE`, which nothing before it provides; for a constant write `const PRICE`
use taskflow::{flow, task};

pub const PRICE: u64 = 4;

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout {} -> u64
    linear[pay(price = PRICE)]
}

fn main() {}
