// expects: the last result of the flow is not one symbol
use taskflow::{flow, task};

#[task]
fn pay(price: u64) {
    println!("{price}");
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
