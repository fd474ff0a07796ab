// expects: the last result of the flow is not one symbol; pick a symbol with `-> name: u64`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    unordered[pay, ship]
}

fn main() {}
