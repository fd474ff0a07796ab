// expects: cannot find macro `ship` in this scope
use taskflow::flow;

fn ship(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[ship]
}

fn main() {
    let _ = ship(1);
}
