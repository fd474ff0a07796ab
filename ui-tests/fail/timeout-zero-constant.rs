// expects: `timeout` is no time at all; make it longer, or leave it out
use taskflow::{flow, task};

const LIMIT: std::time::Duration = std::time::Duration::ZERO;

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
