// expects: flow `Checkout` contains itself; a flow is made of other flows and tasks
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> pay: u64
    linear[pay, Checkout]
}

fn main() {}
