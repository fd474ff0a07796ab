// expects: `if` asks the tasks in the `retry` for their errors, and those in flow `Parse` are not known here; remove `if`, or put the `retry` into that flow
use taskflow::{flow, task};

#[task]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

fn never(_: &std::num::ParseIntError) -> bool {
    false
}

flow! {
    struct Parse { text: String }
    parse
}

flow! {
    struct Checkout { text: String }
    retry(times = 3, if = never)[Parse]
}

fn main() {}
