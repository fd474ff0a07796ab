// expects: task `arg1` needs `x`, which its unordered sibling `ret as x` provides; put them in a `linear[ret as x, arg1]` or a `graph`
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
    struct Case {}
    unordered[arg1, ret as x]
}

fn main() {}
