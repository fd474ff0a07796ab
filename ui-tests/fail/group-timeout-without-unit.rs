// expects: `"30"` is no span of time; write whole numbers with the units `d`, `h`, `m`, `s` and `ms`, the largest first, such as `"30s"` or `"1h30m"`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    timeout("30")[one]
}

fn main() {}
