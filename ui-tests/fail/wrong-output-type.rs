// expects: the flow hands out a `u64`, but this is a `usize`; write `usize`, or pick another symbol with `-> name: u64`
use taskflow::{flow, task};

#[task]
fn count(text: &str) -> usize {
    text.len()
}

flow! {
    struct Count { text: String } -> u64
    linear[count]
}

fn main() {
    let _ = Count { text: String::new() }.call(&taskflow::Serial);
}
