// expects: task `report` needs `half`, which nothing before it provides; add a task that provides it, or an input `half`
use taskflow::{flow, task};

#[task]
fn half(number: u64) -> u64 {
    number / 2
}

#[task]
fn quarter(half: u64) -> u64 {
    half / 2
}

#[task]
fn report(half: u64) {
    println!("{half}");
}

flow! {
    struct Divide { number: u64 } -> quarter: u64
    linear[half, quarter]
}

flow! {
    struct Outer { number: u64 }
    linear[Divide, report]
}

fn main() {}
