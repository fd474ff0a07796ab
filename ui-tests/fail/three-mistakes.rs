// expects: `unordered` is empty; list at least one task, or remove it
// expects: task `pay` needs `price`, which nothing before it provides; add a task that provides it, or an input `price`
// expects: task `ship` has no parameter `street`; it has: address
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(address: &str) -> usize {
    address.len()
}

flow! {
    struct Checkout { address: String } -> ship: usize
    linear[unordered[], pay, ship(street = address)]
}

fn main() {}
