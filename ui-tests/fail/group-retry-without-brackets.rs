// expects: a pattern has brackets; write `retry(…)[…]`, or `self::retry` for a task of this name
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    linear[retry(times = 3) one]
}

fn main() {}
