// expects: task `ship` needs `pay`, and `pay` provides nothing; return the value there, instead of `()`
use taskflow::{flow, task};

#[task]
fn pay(_price: u64) {}

#[task]
fn ship(pay: u64) -> u64 {
    pay
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay, ship]
}

fn main() {}
