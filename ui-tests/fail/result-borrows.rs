// expects: what `first` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`
use taskflow::{flow, task};

#[task]
fn first(text: &str) -> &str {
    &text[..1]
}

flow! {
    struct Take { text: String } -> String
    linear[first]
}

fn main() {
    let _ = Take { text: String::new() }.call(&taskflow::Serial);
}
