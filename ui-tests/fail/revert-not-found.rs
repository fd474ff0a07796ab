// expects: cannot find function `refund` in this scope
use taskflow::task;

#[task(provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
