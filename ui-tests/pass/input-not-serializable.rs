use taskflow::{flow, task};

#[derive(PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Order(u64);

pub struct Client(u64);

#[task]
fn price(order: &Order, client: &Client) -> u64 {
    order.0 * client.0
}

flow! {
    struct Checkout { order: Order, #[resource] client: Client } -> u64
    linear[price]
}

fn main() {
    let checkout = Checkout { order: Order(3), client: Client(2) };
    assert_eq!(checkout.call(&taskflow::Serial).unwrap(), 6);
}
