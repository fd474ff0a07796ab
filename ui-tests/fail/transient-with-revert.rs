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
