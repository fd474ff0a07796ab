// expects: `seats` would hide the input `seats`; choose another name for what the `match` binds
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
    struct Checkout { plan: Plan, seats: u32 }
    match plan { Plan::Pro { seats } => bill, _ => bill as single }
}

fn main() {}
