// expects: macro expansion ignores `{` and any tokens following
use taskflow::{flow, task};

#[task]
fn pay() -> u64 {
    3
}

flow![linear[pay]];

fn main() {}
