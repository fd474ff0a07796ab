// expects: task `perhaps` needs `b`, which `ret as b` provides only after it; move `b` to before `perhaps`, or use a `graph`
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

#[task]
fn perhaps(b: Option<&i64>) -> bool {
    b.is_some()
}

flow! {
    struct Case {}
    linear[perhaps, ret as b]
}

fn main() {}
