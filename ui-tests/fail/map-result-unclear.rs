// expects: the last result of the `map` is not one symbol; end it with a task that provides one
use taskflow::{flow, task};

#[task]
fn one() -> u32 {
    1
}

#[task]
fn text() -> String {
    String::new()
}

flow! {
    struct Sum { numbers: Vec<u32> }
    map(number in numbers)[unordered[one, text]] as all
}

fn main() {}
