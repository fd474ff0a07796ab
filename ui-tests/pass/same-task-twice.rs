use taskflow::{flow, task};

#[task]
fn charge(price: u64) -> u64 {
    price + 1
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[charge, charge(price = charge) as second_charge]
}

fn main() {
    assert_eq!(Checkout { price: 5 }.call(&taskflow::Serial).unwrap(), 7);
}
