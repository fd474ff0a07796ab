// expects: task `show` needs `bill`, which `bill` provides inside of a `map`, and only `bills` is visible behind it; read that, or move `show` into the `map`
use taskflow::{flow, task};

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

#[task]
fn show(one: &u32) {
    assert_eq!(*one, 1);
}

flow! {
    struct Sum { numbers: Vec<u32> }
    linear[map(seats in numbers)[bill] as bills, show(one = bill)]
}

fn main() {}
