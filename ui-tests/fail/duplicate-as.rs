// expects: two atoms of the flow are named `second`; give this one another name with `as`
use taskflow::{flow, task};

#[task]
fn charge(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> charge: u64
    linear[charge, charge as second, charge as second]
}

fn main() {}
