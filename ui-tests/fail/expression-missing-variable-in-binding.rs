// expects: cannot find value `cost` in this scope
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = flow![linear[pay(price = cost.net)]].call(&Serial);
}
