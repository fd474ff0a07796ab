use std::sync::Arc;

use taskflow::{Logbook, Runner, Serial, flow, task};

struct Gateway;

#[task]
fn charge(order: u32, gateway: &Gateway) -> u32 {
    let Gateway = gateway;
    order
}

flow! {
    struct Checkout { order: u32, #[resource] gateway: Arc<Gateway> } -> u32
    linear[charge]
}

flow! {
    /// Run without a runner, it need not be cloned.
    struct Direct { order: u32, #[resource] gateway: Gateway } -> u32
    linear[charge]
}

fn main() {
    let _ = Runner::new(Serial, Logbook::memory())
        .register::<Checkout>(CheckoutResources { gateway: Arc::new(Gateway) })
        .build();
    let direct = Direct { order: 1, gateway: Gateway };
    assert_eq!(direct.call(&Serial).unwrap(), 1);
}
