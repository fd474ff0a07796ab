// expects: a pattern has brackets; write `retry(…)[…]`, or `self::retry` for a task of this name
use taskflow::flow;

flow! {
    struct Case {}
    linear[retry(times = 4)]
}

fn main() {}
