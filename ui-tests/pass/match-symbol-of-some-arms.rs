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
fn show(one: Option<&u32>) {
    assert_ne!(one, Some(&0));
}

flow! {
    struct Checkout { plan: Plan }
    linear[match plan { Plan::Free => one, Plan::Pro { .. } => [] }, show]
}

fn main() {}
