// expects: none of the tasks provides anything that the flow could hand out; remove the output
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
