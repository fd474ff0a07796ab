// expects: a span of time is a text with its units; write one such as `"30s"` or `"1h30m"`, or name a constant of the type `Duration`
use taskflow::{flow, task};

#[task(retry(times = 3, backoff = fixed(1)))]
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
