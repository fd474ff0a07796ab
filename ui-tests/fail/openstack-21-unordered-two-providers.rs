// expects: task `other` provides `x`, which `ret as x` provides already; rename this one with `other as …`
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

#[task(provides = x)]
fn other() -> i64 {
    2
}

flow! {
    struct Case {}
    unordered[ret as x, other]
}

fn main() {}
