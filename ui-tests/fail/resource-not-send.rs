// expects: `Rc<str>` cannot be used by several threads at once, as it is not `Send` and `Sync`; use a type that can, or mark the flow with `#[flow(local)]`, which keeps it on one thread
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
