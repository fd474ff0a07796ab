// expects: `undo` is a generic task whose `retry` has an `if`, which a revert cannot ask; call it in a function of its own, and let the revert call that
use taskflow::task;

fn is_transient(_: &std::fmt::Error) -> bool {
    true
}

#[task(retry(times = 2, if = is_transient))]
fn undo<T>(_value: T) -> Result<(), std::fmt::Error> {
    Ok(())
}

#[task(revert = undo(pay))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = (pay(1), undo(1));
}
