// expects: task `pay` has no parameter `prize`; did you mean `price`?
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64, total: u64 } -> u64
    linear[pay(prize = total)]
}

fn main() {}
