// expects: task `next` needs `next`, which only it provides itself; add an input of another name and bind it, or rename the result with `as`
use taskflow::{flow, task};

#[task]
fn next(next: u64) -> u64 {
    next + 1
}

flow! {
    struct Count {} -> u64
    linear[next]
}

fn main() {}
