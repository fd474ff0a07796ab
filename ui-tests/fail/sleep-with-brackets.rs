// expects: `sleep` has nothing inside; remove the brackets
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    sleep("1s")[one]
}

fn main() {}
