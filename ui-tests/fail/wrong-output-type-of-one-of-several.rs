// expects: the flow hands out a `u64`, but this is a `usize`; write `usize`, or pick another symbol with `-> name: u64`
use taskflow::{flow, task};

#[task(provides = (words, letters))]
fn count(text: &str) -> (usize, usize) {
    (1, text.len())
}

flow! {
    struct Count { text: String } -> (words: usize, letters: u64)
    linear[count]
}

fn main() {}
