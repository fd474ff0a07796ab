use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { size: u32 }
    match size + 1 { 0 => one, _ => [] }
}

fn main() {}
