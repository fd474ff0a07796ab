// expects: what `word` returns is stored, and cannot be read again as a reference; return an owned value, or mark the task `transient`
use taskflow::task;

#[task]
fn word(long: bool) -> &'static str {
    if long { "long" } else { "short" }
}

fn main() {
    let _ = word(true);
}
