// expects: two atoms of the flow are named `source`; give this one another name with `as`
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

#[task]
fn add_one(source: i64) -> i64 {
    source + 1
}

flow! {
    struct Case {} -> add_one: i64
    linear[ret as source, ret as source, add_one]
}

fn main() {}
