// expects: Serialize
use taskflow::{flow, task};

#[derive(PartialEq)]
pub struct Order(u64);

#[task]
fn price(order: &Order) -> u64 {
    order.0
}

flow! {
    struct Checkout { order: Order } -> u64
    linear[price]
}

fn main() {}
