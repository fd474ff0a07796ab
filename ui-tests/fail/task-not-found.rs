// expects: cannot find macro `shipp` in this scope
use taskflow::{flow, task};

#[task]
fn ship(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[ship, shipp]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
