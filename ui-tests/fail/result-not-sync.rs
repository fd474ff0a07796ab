// expects: cannot be shared between threads safely
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
