// expects: the trait bound `Paper: Gateway` is not satisfied
use taskflow::{flow, task};

pub trait Gateway: Send + Sync {}
pub struct Paper;

#[task]
fn charge(gateway: &dyn Gateway) -> u64 {
    let _ = gateway;
    1
}

flow! {
    struct Checkout { #[resource] gateway: Paper } -> u64
    linear[charge]
}

fn main() {}
