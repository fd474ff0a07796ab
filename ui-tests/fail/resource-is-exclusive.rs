// expects: resource `paid` is shared by the tasks; borrow it with `&`, or put it behind a lock
use taskflow::{flow, task};

#[task]
fn pay(paid: &u64) -> u64 {
    *paid
}

flow! {
    struct Checkout<'a> { #[resource] paid: &'a mut u64 } -> u64
    linear[pay]
}

fn main() {}
