// expects: nothing provides `bill`; did you mean `bills`?
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Sum { numbers: Vec<u32> } -> bill: Vec<u32>
    map(seats in numbers)[bill] as bills
}

fn main() {}
