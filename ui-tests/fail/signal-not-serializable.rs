use taskflow::{flow, task};

struct Approval;

flow! {
    struct Checkout {}
    signal(approval: Approval)
}

fn main() {}
