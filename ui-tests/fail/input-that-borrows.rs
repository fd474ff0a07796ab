// expects: input `text` borrows, and inputs are stored; own the data, or mark it `#[resource]`
use taskflow::{flow, task};

#[task]
fn count(text: &str) -> usize {
    text.len()
}

flow! {
    struct Count<'a> { text: &'a str } -> usize
    linear[count]
}

fn main() {}
