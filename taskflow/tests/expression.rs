//! `flow![…]` without a struct.
use taskflow::{Parallel, Serial, flow, task};

#[task]
fn price(items: &[u32]) -> u32 {
    items.iter().sum()
}

#[task]
fn pay(price: u32, rate: u32) -> u32 {
    price + price * rate / 100
}

#[test]
fn first() {
    let (items, rate) = (vec![30, 70], 20);
    let sale = flow![linear[price, pay]];
    assert_eq!(sale.call(&Serial).unwrap(), 120);
    assert_eq!(sale.call(&Parallel::new()).unwrap(), 120);
}
