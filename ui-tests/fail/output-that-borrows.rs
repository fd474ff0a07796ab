// expects: the output borrows, and results are stored; hand out owned data
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> pay: &'static u64
    linear[pay]
}

fn main() {}
