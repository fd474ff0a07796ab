// expects: `limit` is a number of at least 1; write one, or name a symbol
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, limit = "3")[bill]
}

fn main() {}
