// expects: `timeout` has one setting; remove this
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    timeout("30s", "1m")[one]
}

fn main() {}
