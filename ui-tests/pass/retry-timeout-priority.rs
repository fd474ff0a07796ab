//! Every form of `retry`, `timeout` and `priority`, as literals and as constants.
use std::fmt;
use std::time::Duration;

use taskflow::{flow, task};

const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(1);
const LAST: i16 = -7;

#[derive(Debug)]
pub struct Refused;

impl Refused {
    fn is_transient(&self) -> bool {
        false
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

type Answer<T> = Result<T, Refused>;

#[task(
    retry(times = 3, backoff = exponential("1ms", max = "2ms", jitter), if = Refused::is_transient),
    timeout = "1m30s",
    priority = 5
)]
fn pay(price: u64) -> Answer<u64> {
    Ok(price)
}

#[task(retry(times = TRIES, backoff = fixed(PAUSE)), timeout = PAUSE, priority = LAST)]
fn ship(pay: u64) -> u64 {
    pay
}

#[task(retry(times = const TRIES, backoff = none), timeout = const PAUSE, priority = const LAST)]
fn thank(ship: u64) -> u64 {
    ship
}

flow! {
    pub struct Checkout { price: u64 } -> u64
    linear[pay, ship, thank]
}

fn main() {
    assert_eq!(Checkout { price: 1 }.call(&taskflow::Serial).unwrap(), 1);
}
