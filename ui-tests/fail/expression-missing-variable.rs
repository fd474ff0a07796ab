// expects: cannot find value `price` in this scope
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let prize = 3;
    let _ = (flow![linear[pay]].call(&Serial), prize);
}
