// expects: this setting is a number, and a `String` is none; name a symbol of an integer type
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32>, jobs: String }
    map(seats in numbers, limit = jobs)[bill]
}

fn main() {}
