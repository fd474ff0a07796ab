// expects: `map` does not say what it goes through; write `map(item in items)[…]`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(numbers)[one]
}

fn main() {}
