// expects: expected `&[_]`, found `&u32`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { number: u32 }
    map(seats in number)[bill]
}

fn main() {}
