// expects: cannot be
use std::rc::Rc;
use taskflow::{flow, task};

#[task]
fn count(text: &Rc<str>) -> usize {
    text.len()
}

flow! {
    struct Count { #[resource] text: Rc<str> } -> usize
    linear[count]
}

fn main() {}
