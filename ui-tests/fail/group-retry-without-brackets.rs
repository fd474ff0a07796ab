use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    linear[retry(times = 3) one]
}

fn main() {}
