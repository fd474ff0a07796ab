// expects: could not find `print` in the crate root
use taskflow::{flow, task};

fn main() {
    #[task]
    fn print(text: &str) -> usize {
        text.len()
    }

    // In a function body such a name means the macro of the standard library.
    flow! {
        struct Print { text: String } -> usize
        linear[print]
    }
    let _ = Print { text: String::new() }.call(&taskflow::Serial);
}
