// expects: a flow has one pattern; put several tasks in a `linear[first, second]`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(pay: u64) -> u64 {
    pay
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay], linear[ship]
}

fn main() {}
