// expects: write
use taskflow::flow;
use tasks::*;

mod tasks {
    #[taskflow::task]
    pub fn write(text: &str) -> usize {
        text.len()
    }
}

flow! {
    struct Save { text: String } -> usize
    linear[write]
}

fn main() {}
