// expects: `Cell<usize>` cannot be shared between threads safely
use std::cell::Cell;
use taskflow::{Parallel, flow, task};

#[task(transient)]
fn open(name: &str) -> Cell<usize> {
    Cell::new(name.len())
}

#[task]
fn count(open: &Cell<usize>) -> usize {
    open.get()
}

fn main() {
    let name = "n";
    let _ = flow![linear[open, count]].call(&Parallel::new());
}
