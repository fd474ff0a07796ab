// expects: expected `Duration`, found `u64`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { seconds: u64 }
    timeout(seconds)[one]
}

fn main() {}
