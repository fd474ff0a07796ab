use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Pro { seats: u32 },
}

flow! {
    struct Checkout { plan: Plan }
    match plan { Plan::Free => [], _ => [] }
}

fn main() {}
