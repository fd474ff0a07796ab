// expects: expected `u32`, found `u8`
use taskflow::{flow, task};

const TRIES: u8 = 3;

#[task(retry(times = TRIES))]
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
