// expects: cannot be sent between threads safely
use std::rc::Rc;
use taskflow::{flow, task};

#[task]
fn share(text: &str) -> Rc<str> {
    text.into()
}

#[task]
fn count(share: &Rc<str>) -> usize {
    share.len()
}

flow! {
    struct Count { text: String } -> usize
    linear[share, count]
}

fn main() {}
