// expects: `try` has no settings; write `try[…]`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    try(times = 3)[one]
}

fn main() {}
