// expects: task `show` needs `one`, which not every arm provides; take it as `one: Option<&_>`, or provide it in every arm
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
    linear[match plan { Plan::Free => one, Plan::Pro { .. } => [] }, show]
}

fn main() {}
