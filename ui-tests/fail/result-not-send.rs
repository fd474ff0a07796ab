// expects: `Rc<str>` cannot be used by several threads at once, as it is not `Send` and `Sync`; use a type that can, or mark the flow with `#[flow(local)]`, which keeps it on one thread
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
