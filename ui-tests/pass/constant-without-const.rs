use taskflow::{flow, task};

pub const PRICE: u64 = 4;

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout {} -> u64
    linear[pay(price = const PRICE)]
}

fn main() {
    assert_eq!(Checkout {}.call(&taskflow::Serial).unwrap(), 4);
}
