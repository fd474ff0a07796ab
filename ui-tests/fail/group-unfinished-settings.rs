use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    linear[retry(times = )[one], limit()[one as other]]
}

fn main() {}
