// expects: task `ret` provides `x`, which would hide the input `x`; rename the result with `ret as …`, or rename the input
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

#[task]
fn arg1(x: i64) {
    let _ = x;
}

flow! {
    struct Case { x: i64 }
    unordered[ret as x, arg1]
}

fn main() {}
