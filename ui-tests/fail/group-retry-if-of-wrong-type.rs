// expects: expected function signature `for<'a> fn(&'a ParseIntError) -> _`
use taskflow::{flow, task};

#[task]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

flow! {
    struct Checkout { text: String }
    retry(times = 3, if = is_transient)[parse]
}

fn main() {}
