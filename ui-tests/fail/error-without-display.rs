// expects: the error `Refused` cannot be recorded, as it is not `Display`; implement `std::fmt::Display` for it, or better `std::error::Error`
use taskflow::{flow, task};

pub struct Refused;

#[task]
fn pay(price: u64) -> Result<u64, Refused> {
    if price > 9 { Err(Refused) } else { Ok(price) }
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {}
