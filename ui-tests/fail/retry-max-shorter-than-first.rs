// expects: the longest wait is shorter than the first one; make `max` longer
use taskflow::{flow, task};

#[task(retry(times = 3, backoff = exponential("2s", max = "1s")))]
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
