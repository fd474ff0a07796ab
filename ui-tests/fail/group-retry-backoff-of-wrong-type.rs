// expects: expected `Duration`, found `u64`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { wait: u64 }
    retry(times = 3, backoff = fixed(wait))[one]
}

fn main() {}
