// expects: binary operation `==` cannot be applied to type `Order`
use taskflow::{flow, task};

#[derive(serde::Serialize, serde::Deserialize)]
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
