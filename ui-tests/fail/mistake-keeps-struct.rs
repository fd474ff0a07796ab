// expects: task `pay` needs `price`, which nothing before it provides
use taskflow::{Flow, Logbook, Parallel, Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { address: String } -> u64
    linear[pay]
}

flow! {
    struct Outer { address: String } -> checkout: u64
    linear[Checkout]
}

fn main() {
    let checkout = || Checkout { address: String::new() };
    let _: Result<u64, _> = checkout().run(&Serial, &Logbook::memory());
    let _ = checkout().id("one").call(&Parallel::new());
    let _ = (Checkout::NAME, Checkout::unfinished(&Logbook::memory()));
    let _ = CheckoutInputs { address: String::new() };
}
