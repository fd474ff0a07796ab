// expects: no field `name` on type `&u32`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, label = seats.name)[bill]
}

fn main() {}
