// expects: task `gateway` provides `gateway`, which would hide the resource `gateway`; rename the result with `gateway as …`, or rename the resource
use taskflow::{flow, task};

#[task]
fn gateway() -> u64 {
    1
}

#[task]
fn charge(gateway: u64) -> u64 {
    gateway
}

flow! {
    struct Checkout { #[resource] gateway: u64 } -> u64
    linear[gateway, charge]
}

fn main() {}
