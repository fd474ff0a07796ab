use taskflow::{flow, task};

fn refund(price: u64, payment: &u64) {
    println!("{price} {payment}");
}

#[task(provides = payment, revert = refund(price, payment))]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    assert_eq!(Checkout { price: 1 }.call(&taskflow::Serial).unwrap(), 1);
}
