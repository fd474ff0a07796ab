// expects: task `agreed` provides `price`, which `listed` provides already; rename this one with `agreed as …`
use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Pro { seats: u32 },
}

#[task(provides = price)]
fn listed() -> u32 {
    1
}

#[task(provides = price)]
fn agreed() -> u32 {
    2
}

flow! {
    struct Checkout { plan: Plan }
    linear[listed, match plan { Plan::Free => [], Plan::Pro { .. } => agreed }]
}

fn main() {}
