// expects: `write` is ambiguous
// expects: requires a destination and format arguments, like `write!(dest, "format string", args...)`
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
