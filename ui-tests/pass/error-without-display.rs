use std::fmt;
use taskflow::{flow, task};

pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

#[task]
fn pay(price: u64) -> Result<u64, Refused> {
    if price > 9 { Err(Refused) } else { Ok(price) }
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    assert_eq!(Checkout { price: 1 }.call(&taskflow::Serial).unwrap(), 1);
    assert!(Checkout { price: 10 }.call(&taskflow::Serial).is_err());
}
