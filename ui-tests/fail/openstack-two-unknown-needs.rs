// expects: task `first` needs `a`, which nothing before it provides; add a task that provides it, or an input `a`
// expects: task `second` needs `b`, which nothing before it provides; add a task that provides it, or an input `b`
use taskflow::{flow, task};

#[task]
fn first(a: i64) -> i64 {
    a
}

#[task]
fn second(b: i64) -> i64 {
    b
}

flow! {
    struct Case {}
    linear[first, second]
}

fn main() {}
