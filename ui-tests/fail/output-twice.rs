// expects: `pay` is handed out twice; remove one
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> (pay: u64, pay: u64)
    linear[pay]
}

fn main() {}
