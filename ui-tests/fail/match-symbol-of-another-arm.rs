// expects: task `show` needs `one`, which `one` provides in another arm; provide it in this arm too, or move `one` to before the choice
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
    match plan { Plan::Free => one, Plan::Pro { .. } => show }
}

fn main() {}
