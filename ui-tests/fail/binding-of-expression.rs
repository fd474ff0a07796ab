// expects: a binding takes a symbol, a field such as `order.item`, a literal or `const PATH`; compute other values in a task
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { net: u64 } -> u64
    linear[pay(price = net + 1)]
}

fn main() {}
