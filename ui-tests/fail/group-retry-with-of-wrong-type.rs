// expects: `u32` is no controller of a `retry`; implement `taskflow::retry::Controller` for it
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { budget: u32 }
    retry(with = budget)[one]
}

fn main() {}
