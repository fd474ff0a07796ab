// expects: `retry` is empty; list at least one task, or remove it
use taskflow::flow;

flow! {
    struct Case {}
    linear[retry(times = 4)[]]
}

fn main() {}
