// expects: `"30sec"` is no span of time; write whole numbers with the units `d`, `h`, `m`, `s` and `ms`, the largest first, such as `"30s"` or `"1h30m"`
use taskflow::{flow, task};

#[task(timeout = "30sec")]
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
