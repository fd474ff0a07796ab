// expects: what `with` names says how long is waited before the next attempt; remove `backoff`, or `with`
use taskflow::retry::{Attempt, Next};
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { #[resource] budget: fn(&[Attempt]) -> Next }
    retry(with = budget, backoff = fixed("1s"))[one]
}

fn main() {}
