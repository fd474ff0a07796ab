// expects: flow `Inner` is local and stays on one thread; mark `Outer` with `#[flow(local)]` too
use taskflow::{flow, task};

#[task]
fn count(text: &str) -> usize {
    text.len()
}

flow! {
    #[flow(local)]
    struct Inner { text: String } -> usize
    linear[count]
}

flow! {
    struct Outer { text: String } -> usize
    linear[Inner]
}

fn main() {}
