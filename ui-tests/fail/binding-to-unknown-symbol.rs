// expects: task `pay` needs `totals`, which nothing before it provides; did you mean `total`?
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { total: u64 } -> u64
    linear[pay(price = totals)]
}

fn main() {}
