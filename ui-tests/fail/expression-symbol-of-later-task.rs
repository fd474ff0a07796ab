// expects: task `pay` needs `price`, which `price` provides only after it; move `price` to before `pay`, or use a `graph`
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
    let (price, items) = (3, vec![1]);
    let _ = (flow![linear[pay, price]].call(&Serial), price, items);
}
