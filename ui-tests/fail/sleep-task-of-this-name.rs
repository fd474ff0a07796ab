// expects: `sleep` takes a time; write `sleep("1m")` or `sleep(pause)`, or `self::sleep` for a task of this name
use taskflow::{flow, task};

#[task]
fn sleep(seconds: u64) {
    assert_ne!(seconds, 0);
}

flow! {
    struct Checkout { pause: u64 }
    sleep(seconds = pause)
}

fn main() {}
