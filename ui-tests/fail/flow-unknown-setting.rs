// expects: `#[flow]` has no such setting; it knows `name`, `version`, `on_failure`, `local` and `crate`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    #[flow(revision = 2)]
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
