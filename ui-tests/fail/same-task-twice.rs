// expects: task `charge` is here for the second time; give it another name with `charge as …`
use taskflow::{flow, task};

#[task]
fn charge(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> charge: u64
    linear[charge, charge]
}

fn main() {}
