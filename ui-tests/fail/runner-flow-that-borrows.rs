// expects: borrowed data escapes outside of function
use taskflow::{Logbook, Runner, Serial, flow, task};

#[task]
fn charge(order: u32, gateway: &str) -> usize {
    gateway.len() + order as usize
}

flow! {
    struct Checkout<'a> { order: u32, #[resource] gateway: &'a str } -> usize
    linear[charge]
}

fn register(gateway: &str) {
    let _ = Runner::new(Serial, Logbook::memory())
        .register::<Checkout<'_>>(CheckoutResources { gateway })
        .build();
}

fn main() {
    register("bank");
}
