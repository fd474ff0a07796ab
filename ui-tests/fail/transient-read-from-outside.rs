// expects: task `one` is transient, and what a `retry` hands out is stored; remove `transient`, or read it inside of the `retry` only
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

#[task]
fn show(one: &u32) {
    assert_eq!(*one, 1);
}

flow! {
    struct Checkout {}
    linear[retry(times = 3)[transient[one]], show]
}

fn main() {}
