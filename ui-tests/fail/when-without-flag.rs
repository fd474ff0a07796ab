// expects: `when` has a setting; write `when(flag)[…]`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    when[one]
}

fn main() {}
