// expects: expected `u64`, found `(_, _)`
// expects: no field `0` on type `&u64`
// expects: `u64` is a primitive type and therefore doesn't have fields
use taskflow::{flow, task};

pub type Size = u64;

#[task(provides = (width, height))]
fn measure(name: &str) -> Size {
    name.len() as u64
}

flow! {
    struct Measure { name: String } -> width: u64
    linear[measure]
}

fn main() {}
