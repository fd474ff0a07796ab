// expects: `Checkout` is a flow: call a method of it such as `run`, or name it in `flow!`
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout!(3);
}
