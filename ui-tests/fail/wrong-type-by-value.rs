// expects: mismatched types
use taskflow::{flow, task};

#[task]
fn size(name: &str) -> String {
    name.to_owned()
}

#[task]
fn boot(size: u32) -> u32 {
    size
}

flow! {
    struct Provision { name: String } -> u32
    linear[size, boot]
}

fn main() {}
