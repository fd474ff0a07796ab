// expects: `retry` does not say how often; write `retry(times = 3)[…]`, the number of attempts in all, `retry(item in items)[…]`, or `retry(with = controller)[…]`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    retry(backoff = none)[one]
}

fn main() {}
