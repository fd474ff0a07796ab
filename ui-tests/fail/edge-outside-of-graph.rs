// expects: `->` orders tasks in a `graph`; in other patterns the order is that of the list
use taskflow::{flow, task};

#[task]
fn pay(price: u64) {
    println!("{price}");
}

#[task]
fn ship(price: u64) {
    println!("{price}");
}

flow! {
    struct Checkout { price: u64 }
    linear[pay, ship, pay -> ship]
}

fn main() {}
