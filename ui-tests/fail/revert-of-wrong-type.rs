// expects: mismatched types
use taskflow::{flow, task};

fn refund(payment: &str) {
    println!("{payment}");
}

#[task(provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
