// expects: cannot find value `least` in this scope
use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Pro { seats: u32 },
}

#[task]
fn bill(seats: &u32) -> u32 {
    *seats
}

flow! {
    struct Checkout { plan: Plan }
    match plan { Plan::Pro { seats } if *seats > least => bill, _ => [] }
}

fn main() {}
