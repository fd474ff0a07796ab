// expects: `signal` names what it waits for and its type; write `signal(approval: Approval)`, or `self::signal` for a task of this name
use taskflow::flow;



flow! {
    struct Checkout {}
    signal(approval)
}

fn main() {}
