// expects: expected `i16`, found `u8`
use taskflow::{flow, task};

const FIRST: u8 = 5;

#[task(priority = FIRST)]
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
