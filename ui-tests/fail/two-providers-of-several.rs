// expects: task `measure` provides `size`, which `size` provides already; `as` renames one symbol only, so put one of them in a flow of its own
use taskflow::{flow, task};

#[task]
fn size(name: &str) -> usize {
    name.len()
}

#[task(provides = (size, width))]
fn measure(name: &str) -> (usize, usize) {
    (name.len(), 1)
}

flow! {
    struct Provision { name: String } -> width: usize
    linear[size, measure]
}

fn main() {}
