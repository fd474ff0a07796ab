// expects: task `ret` provides `x`, which would hide the input `x`; rename the result with `ret as …`, or rename the input
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

flow! {
    struct Case { x: u32 }
    unordered[retry(times = x)[ret as x]]
}

fn main() {}
