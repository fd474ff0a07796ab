// expects: `times` is given twice; remove one of the two
use taskflow::{flow, task};

#[task(retry(times = 3, times = 4))]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
