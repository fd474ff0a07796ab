// expects: `match` takes a symbol or a field such as `order.item`; compute other values in a task
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { size: u32 }
    match size + 1 { 0 => one, _ => [] }
}

fn main() {}
