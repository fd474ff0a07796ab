// expects: `backoff` is `none`, `fixed("1s")` or `exponential("100ms", max = "10s")`, the last two perhaps with `jitter`; write one of the three
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    retry(times = 3, backoff = linear("1s"))[one]
}

fn main() {}
