// expects: mismatched types
use taskflow::{flow, task};

#[task]
fn boot(size: u32) -> u32 {
    size
}

flow! {
    struct Provision { size: u32 } -> u32
    linear[boot]
}

flow! {
    struct Fleet { size: String } -> u32
    linear[Provision]
}

fn main() {}
