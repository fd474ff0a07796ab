// expects: an arm is a task, a group or `[]`; write `linear[…]`
use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Pro { seats: u32 },
}

#[task]
fn one() -> u32 {
    1
}

#[task]
fn show(one: &u32) {
    assert_eq!(*one, 1);
}

flow! {
    struct Checkout { plan: Plan }
    match plan { Plan::Free => [one, show], _ => [] }
}

fn main() {}
