// expects: expected `Option<&u32>`, found `Option<&String>`
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
fn text() -> String {
    String::new()
}

flow! {
    struct Checkout { plan: Plan } -> price: u32
    match plan { Plan::Free => one as price, Plan::Pro { .. } => text as price }
}

fn main() {}
