// expects: a flow has no type parameters, for its runs are stored; write the types that it is for
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout<T> { price: u64 } -> u64
    linear[pay]
}

fn main() {}
