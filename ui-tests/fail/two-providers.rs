// expects: task `quote` provides `price`, which `price` provides already; rename this one with `quote as …`
use taskflow::{flow, task};

#[task]
fn price(item: &str) -> u64 {
    item.len() as u64
}

#[task(provides = price)]
fn quote(item: &str) -> u64 {
    item.len() as u64
}

flow! {
    struct Checkout { item: String } -> price: u64
    linear[price, quote]
}

fn main() {}
