// expects: `tolerate` is a share of the items; write `0%` to `100%`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, tolerate = 101%)[bill]
}

fn main() {}
