// expects: `Plan` doesn't implement `std::fmt::Display`
use taskflow::flow;

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Plan {
    Free,
    Pro { seats: u32 },
}

flow! {
    struct Checkout { plan: Plan }
    fail(reason = plan)
}

fn main() {}
