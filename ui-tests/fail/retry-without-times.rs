// expects: `retry` does not say how often; write `retry(times = 3)`, for 3 attempts in all
use taskflow::{flow, task};

#[task(retry(backoff = fixed("1s")))]
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
