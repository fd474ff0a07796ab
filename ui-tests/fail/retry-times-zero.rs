// expects: `times` is a whole number from 1 to 4294967295; write `times = 3`, or name a constant that holds it
use taskflow::{flow, task};

#[task(retry(times = 0))]
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
