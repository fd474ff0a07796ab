// expects: `Cell<u64>` cannot be shared between threads safely
use std::cell::Cell;
use taskflow::{Parallel, flow, task};

#[task]
fn count(counter: &Cell<u64>) -> u64 {
    counter.replace(counter.get() + 1)
}

fn main() {
    let counter = Cell::new(1);
    let _ = flow![linear[count]].call(&Parallel::new());
}
