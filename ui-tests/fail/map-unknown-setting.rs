// expects: `map` has no setting `jobs`; it knows `limit`, `tolerate`, `label`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, jobs = 3)[bill]
}

fn main() {}
