// expects: a `signal` is named after what it waits for; remove `as`
use taskflow::flow;



flow! {
    struct Checkout {}
    signal(approval: bool) as answer
}

fn main() {}
