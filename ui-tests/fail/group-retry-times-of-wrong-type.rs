// expects: this setting is a number, and a `f64` is none; name a symbol of an integer type
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { times: f64 }
    retry(times = times)[one]
}

fn main() {}
