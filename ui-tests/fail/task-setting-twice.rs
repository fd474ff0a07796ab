// expects: `transient` is given twice; remove one of the two
use taskflow::task;

#[task(transient, transient)]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
