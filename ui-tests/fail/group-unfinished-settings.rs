// expects: `times` has no value; write `times = …`
// expects: `limit` has a setting; write `limit(4)[…]`
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

flow! {
    struct Checkout {}
    linear[retry(times = )[one], limit()[one as other]]
}

fn main() {}
