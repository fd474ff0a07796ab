// expects: `pay` is a task; call it as a function, or name it in `flow!`
use taskflow::task;

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay!(3);
    let _ = pay(3);
}
