// expects: `match` needs `plann`, which nothing before it provides; did you mean `plan`?
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

flow! {
    struct Checkout { plan: Plan }
    match plann { Plan::Free => one, _ => [] }
}

fn main() {}
