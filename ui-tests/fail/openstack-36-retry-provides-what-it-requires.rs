// expects: `x` would hide the input `x`; choose another name for what the `retry` binds
use taskflow::{flow, task};

#[task]
fn none(x: Vec<i64>) {
    drop(x);
}

flow! {
    struct Case { x: Vec<i64> }
    linear[retry(x in x)[none]]
}

fn main() {}
