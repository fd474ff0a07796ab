// expects: the expression form of `flow!` is not yet supported; write a struct
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3_u64;
    let flow = flow![linear[pay]];
    let _ = (price, flow);
}
