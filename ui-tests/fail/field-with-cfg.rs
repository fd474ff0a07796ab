// expects: a field of a flow is there in every build, as its runs are stored; put the `cfg` on the flow
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { #[cfg(unix)] price: u64 } -> u64
    linear[pay]
}

fn main() {}
