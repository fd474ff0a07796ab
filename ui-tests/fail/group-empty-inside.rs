// expects: `limit` is empty; list at least one task, or remove it
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    linear[one, limit(4)[]]
}

fn main() {}
