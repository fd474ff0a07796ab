// expects: mismatched types
use taskflow::{flow, task};

#[task]
fn boot(size: Option<&u32>) -> u32 {
    size.copied().unwrap_or(1)
}

flow! {
    struct Provision { size: String } -> u32
    linear[boot]
}

fn main() {}
