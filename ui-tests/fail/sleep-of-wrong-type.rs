// expects: expected `Duration`, found `u64`
use taskflow::flow;



flow! {
    struct Checkout { seconds: u64 }
    sleep(seconds)
}

fn main() {}
