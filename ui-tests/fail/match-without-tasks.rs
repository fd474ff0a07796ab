// expects: no arm of the `match` has a task; give it one, or remove it
use taskflow::flow;

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
