// expects: `retry` needs `mirrors`, which not every arm provides; provide it in every arm
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

#[task]
fn mirrors() -> Vec<u32> {
    vec![1, 2]
}

flow! {
    struct Checkout { flag: bool }
    linear[when(flag)[mirrors], retry(seats in mirrors)[bill]]
}

fn main() {}
