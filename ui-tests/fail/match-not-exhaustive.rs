// expects: non-exhaustive patterns: `&Plan::Free` not covered
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
    match plan { Plan::Pro { seats } => bill }
}

fn main() {}
