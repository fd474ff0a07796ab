// expects: task `ping` has no parameter `host`; it has none at all; remove the binding
use taskflow::{flow, task};

#[task]
fn ping() -> u64 {
    1
}

flow! {
    struct Check { host: u64 } -> u64
    linear[ping(host = host)]
}

fn main() {}
