// expects: `->` orders the tasks of a `graph`; use a `graph` here, or remove it
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
