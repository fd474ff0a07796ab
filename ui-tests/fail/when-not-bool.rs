// expects: expected `u32`, found `bool`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { size: u32 }
    when(size)[one]
}

fn main() {}
