// expects: task `one` provides `x`, which would hide the input `x`; rename the result with `one as …`, or rename the input
use taskflow::{flow, task};

#[task(provides = x)]
fn one() -> i64 {
    1
}

flow! {
    struct Case { x: i64 }
    linear[one]
}

fn main() {}
