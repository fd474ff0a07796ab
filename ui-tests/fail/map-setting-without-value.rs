// expects: `limit` has no value; write `limit = …`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, limit)[bill]
}

fn main() {}
