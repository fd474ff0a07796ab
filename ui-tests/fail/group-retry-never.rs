// expects: `times` is a number of at least 1; write one, or name a symbol
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    retry(times = 0)[one]
}

fn main() {}
