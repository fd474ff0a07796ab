// expects: the last result of the flow is not one symbol; pick with `-> name`, `-> (first, second)` or, for none, `-> ()`
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = (flow![unordered[pay, ship]].call(&Serial), price);
}
