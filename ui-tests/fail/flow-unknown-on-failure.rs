// expects: `on_failure` is `revert` or `keep`; write one of them
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    #[flow(on_failure = stop)]
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
