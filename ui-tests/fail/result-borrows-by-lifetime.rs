// expects: what `first` returns borrows, but it is kept after the call; return an owned value, such as a `String` for a `&str`
use std::borrow::Cow;
use taskflow::task;

#[task]
fn first<'a>(text: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(&text[..1])
}

fn main() {
    let _ = first("a");
}
