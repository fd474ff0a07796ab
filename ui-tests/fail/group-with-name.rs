// expects: `as` names a task or a flow; a group has no name
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay] as all
}

fn main() {}
