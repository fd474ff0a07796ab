// expects: a flow without a struct hands out symbols, and their types are inferred; write `-> name`, `-> (first, second)` or `-> ()`
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = (flow![-> pay: u64 linear[pay]].call(&Serial), price);
}
