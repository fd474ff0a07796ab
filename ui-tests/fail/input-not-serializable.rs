// expects: the input type `Order` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it, or mark the input with `#[resource]`, which is given again on resume
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
