// expects: `backoff` is `none`, `fixed("1s")` or `exponential("100ms", max = "10s")`, the last two perhaps with `jitter`; write one of the three
use taskflow::{flow, task};

#[task(retry(times = 3, backoff = linear("1s")))]
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
