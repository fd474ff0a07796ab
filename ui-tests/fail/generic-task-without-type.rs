// expects: type annotations needed
use taskflow::{flow, task};

#[task]
fn parse<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| text.to_owned())
}

#[task]
fn show(text: &str) {
    println!("{text}");
}

flow! {
    struct Read { text: String }
    linear[parse, show]
}

fn main() {}
