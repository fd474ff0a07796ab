// expects: `if` is the path of a function that takes the error by reference and returns a `bool`; write `if = Error::is_transient`
use taskflow::{flow, task};

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

#[task(retry(times = 3, if = |_| true))]
fn pay(price: u64) -> Result<u64, Refused> {
    Ok(price)
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
