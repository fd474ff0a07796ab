// expects: expected a task or a pattern
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay, , ]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
