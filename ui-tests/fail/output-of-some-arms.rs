// expects: the flow hands out a `u32`, but this is a `Option<u32>`; write `Option<u32>`, or pick another symbol with `-> name: u32`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { flag: bool } -> one: u32
    when(flag)[one]
}

fn main() {}
