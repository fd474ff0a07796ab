// expects: mismatched types
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = String::from("three");
    let _ = flow![linear[pay]].call(&Serial);
}
