// expects: `as` names a task, a flow, a `map` or a `try`; a `retry` has no name, and what is inside it is visible behind it
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    retry(times = 3)[one] as tried
}

fn main() {}
