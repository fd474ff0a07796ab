// expects: `retry` has settings, and this is none; write one of `times`, `backoff` and `if`
use taskflow::{flow, task};

#[task(retry(3))]
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
