// expects: flow `Inner` is in a `transient`, which is for tasks; move it out, or say `transient` inside of it
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Inner {} -> u32
    one
}

flow! {
    struct Outer {}
    transient[Inner]
}

fn main() {}
