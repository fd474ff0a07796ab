// expects: `limit` is set twice; remove one
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, limit = 3, limit = 4)[bill]
}

fn main() {}
