// expects: expected `,` between two items of a pattern
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
    linear[pay; ship]
}

fn main() {}
