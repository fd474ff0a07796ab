// expects: mismatched types
use taskflow::{Serial, flow, task};

#[task]
fn count(words: &Vec<String>) -> usize {
    words.len()
}

fn main() {
    let words = vec!["one", "two"];
    let _ = flow![count].call(&Serial);
}
