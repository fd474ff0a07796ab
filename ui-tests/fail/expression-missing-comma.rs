// expects: expected `,` between two items of a pattern
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(pay: u64) -> u64 {
    pay
}

fn main() {
    let price = 3;
    let paid: u64 = flow![linear[pay ship]].call(&Serial).unwrap();
    let _ = (paid, price);
}
