// expects: `with` takes a symbol or a field such as `order.item`; compute other values in a task
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    retry(with = 3)[one]
}

fn main() {}
