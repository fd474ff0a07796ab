// expects: the revert names `order`, which is neither a parameter of `pay` nor what it provides; it can name: price, payment, outcome
use taskflow::{flow, task};

fn refund(order: &str, payment: &u64) {
    println!("{order} {payment}");
}

#[task(provides = payment, revert = refund(order, payment))]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    refund("", &1);
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
