// expects: `if` is asked about an error, and `pay` returns none; return a `Result`, or remove `if`
use taskflow::{flow, task};

#[task(retry(times = 3, if = is_transient))]
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
