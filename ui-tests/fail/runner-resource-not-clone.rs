// expects: the resource type `Gateway` cannot be given to several runs, as it is not `Clone`; put it in an `Arc`, or derive `Clone`
use taskflow::{Logbook, Runner, Serial, flow, task};

struct Gateway;

#[task]
fn charge(order: u32, gateway: &Gateway) -> u32 {
    let Gateway = gateway;
    order
}

flow! {
    struct Checkout { order: u32, #[resource] gateway: Gateway } -> u32
    linear[charge]
}

fn main() {
    let _ = Runner::new(Serial, Logbook::memory())
        .register::<Checkout>(CheckoutResources { gateway: Gateway })
        .build();
}
