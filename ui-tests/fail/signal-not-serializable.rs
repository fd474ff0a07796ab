// expects: a signal of the type `Approval` cannot be stored, as it is not `Serialize` and `DeserializeOwned`; derive `serde::Serialize` and `serde::Deserialize` for it
use taskflow::flow;

struct Approval;

flow! {
    struct Checkout {}
    signal(approval: Approval)
}

fn main() {}
