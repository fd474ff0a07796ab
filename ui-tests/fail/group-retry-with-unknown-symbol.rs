// expects: `retry` needs `budgte`, which nothing before it provides; did you mean `budget`?
use taskflow::retry::{Attempt, Next};
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { #[resource] budget: fn(&[Attempt]) -> Next }
    retry(with = budgte)[one]
}

fn main() {}
