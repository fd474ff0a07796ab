// expects: `Cell<usize>` cannot be used by several threads at once, as it is not `Send` and `Sync`; use a type that can, or mark the flow with `#[flow(local)]`, which keeps it on one thread
use std::cell::Cell;
use taskflow::{flow, task};

#[task]
fn open(text: &str) -> Cell<usize> {
    Cell::new(text.len())
}

#[task]
fn count(open: &Cell<usize>) -> usize {
    open.get()
}

flow! {
    struct Count { text: String } -> usize
    linear[open, count]
}

fn main() {}
