// expects: `Checkout` is a flow; make one and call `run` on it, or name it in `flow!`
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
