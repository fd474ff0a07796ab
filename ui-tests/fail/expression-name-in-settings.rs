// expects: a flow without a struct has this from a method; write `flow![…].named("…")`
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = (flow![#[flow(name = "pay")] linear[pay]].call(&Serial), price);
}
