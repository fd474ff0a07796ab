// expects: `retry` needs `budget`, which not every arm provides; provide it in every arm
use taskflow::retry::{Attempt, Controller, Next};
use taskflow::{flow, task};

#[derive(serde::Serialize, serde::Deserialize)]
struct Budget;

impl Controller for Budget {
    fn decide(&self, _: &[Attempt]) -> Next {
        Next::GiveUp
    }
}

#[task]
fn budget() -> Budget {
    Budget
}

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout { careful: bool }
    linear[when(careful)[budget], retry(with = budget)[one]]
}

fn main() {}
