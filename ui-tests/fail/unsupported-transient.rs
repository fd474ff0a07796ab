// expects: `transient` is not yet supported; use `linear`, `unordered` or `graph`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> pay: u64
    linear[pay, transient[pay]]
}

fn main() {}
