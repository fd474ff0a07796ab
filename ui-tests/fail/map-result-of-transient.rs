// expects: task `one` is transient, and what a `map` hands out is stored; remove `transient`, or read it inside of the `map` only
use taskflow::{flow, task};

#[task(transient)]
fn one() -> u32 {
    1
}

flow! {
    struct Sum { numbers: Vec<u32> } -> ones: Vec<u32>
    map(number in numbers)[one] as ones
}

fn main() {}
