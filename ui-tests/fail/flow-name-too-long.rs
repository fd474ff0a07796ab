// expects: the name of a flow has 1 to 64 bytes, and this one has 67; choose another
use taskflow::{flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    #[flow(name = "a-name-that-goes-on-and-on-and-on-until-nobody-wants-to-read-it-all")]
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
