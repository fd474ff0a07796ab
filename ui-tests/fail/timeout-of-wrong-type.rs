// expects: expected `Duration`, found `u64`
use taskflow::{flow, task};

const LIMIT: u64 = 30;

#[task(timeout = LIMIT)]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
