// expects: task `hold` is in a `transient` and has a revert, which needs its result; move it out, or remove the revert
use taskflow::{flow, task};

fn release(hold: &u32) {
    assert_ne!(*hold, 0);
}

#[task(revert = release(hold))]
fn hold() -> u32 {
    1
}

flow! {
    struct Checkout {}
    transient[hold]
}

fn main() {}
