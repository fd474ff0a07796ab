// expects: cannot find macro `ship` in this scope
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let paid: u64 = flow![linear[pay, ship]].call(&Serial).unwrap();
    let _ = (paid, price);
}
