// expects: `pay` takes `&mut`, but tasks share what they read; take `&T`, and return the new value
use taskflow::{flow, task};

#[task]
fn pay(price: &mut u64) {
    *price += 1;
}

flow! {
    struct Checkout { price: u64 }
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
