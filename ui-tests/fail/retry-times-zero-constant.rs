// expects: `times` is the number of attempts in all; make it at least 1
use taskflow::{flow, task};

const TRIES: u32 = 0;

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
