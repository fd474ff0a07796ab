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
    linear[one, match plan { Plan::Free => one as other, Plan::Pro { .. } => one }]
}

fn main() {}
