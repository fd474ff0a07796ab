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
