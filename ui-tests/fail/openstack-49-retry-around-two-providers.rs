// expects: two atoms of the flow are named `x`; give this one another name with `as`
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

flow! {
    struct Case { ys: Vec<i64> }
    unordered[retry(y in ys)[unordered[ret as x, ret as x]]]
}

fn main() {}
