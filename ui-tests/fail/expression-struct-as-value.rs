// expects: expected expression, found keyword `struct`
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = flow![struct Pay { price: u64 } -> u64 linear[pay]].call(&Serial);
}
