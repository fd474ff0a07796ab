// expects: mismatched types
use taskflow::{Serial, flow, task};

#[task]
fn price(items: &[u64]) -> u64 {
    items.iter().sum()
}

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = flow![linear[pay]].call(&Serial);
}
