// expects: a flow without a struct has no fields: what its tasks need are the variables of these names
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = (flow![{ price: u64 } -> u64 linear[pay]].call(&Serial), price);
}
