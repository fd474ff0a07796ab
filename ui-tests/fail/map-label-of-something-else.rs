// expects: `label` is the item or a field of it; write `label = seats` or `label = seats.field`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(seats in numbers, label = numbers)[bill]
}

fn main() {}
