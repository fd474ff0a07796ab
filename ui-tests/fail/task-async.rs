// expects: `async fn` tasks are not yet supported; write a `fn` that returns when the work is done
use taskflow::{flow, task};

#[task]
async fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
