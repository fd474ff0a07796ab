// expects: `if` is asked about an error, and `u64` is no `Result`; return a `Result`, or remove `if`
// expects: `if` is asked about an error, and `u64` is no `Result`; return a `Result`, or remove `if`
// The flow asks the same of the task, and rustc does not see that it is the same.
use taskflow::{flow, task};

type Cents = u64;

fn is_transient(_: &std::fmt::Error) -> bool {
    true
}

#[task(retry(times = 3, if = is_transient))]
fn pay(price: u64) -> Cents {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
