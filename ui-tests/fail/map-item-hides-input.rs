// expects: `seats` would hide the input `seats`; choose another name for what the `map` binds
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32>, seats: u32 }
    map(seats in numbers)[bill]
}

fn main() {}
