// expects: `priority` is a whole number from -32768 to 32767; write `priority = 5`, or name a constant that holds it
use taskflow::{flow, task};

#[task(priority = 40000)]
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
