// expects: `"0s"` is no time at all; write at least `"1ms"`, or leave it out
use taskflow::{flow, task};

#[task(timeout = "0s")]
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
