// expects: expected integer literal
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    #[flow(version = "two")]
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
