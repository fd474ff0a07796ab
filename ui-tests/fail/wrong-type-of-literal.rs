// expects: mismatched types
use taskflow::{flow, task};

#[task]
fn boot(size: u32) -> u32 {
    size
}

flow! {
    struct Provision {} -> u32
    linear[boot(size = "large")]
}

fn main() {}
