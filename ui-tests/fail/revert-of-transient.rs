// expects: `pay` is `transient`, and a task that is not stored cannot be undone; remove `revert` or `transient`
use taskflow::task;

fn refund(payment: &u64) {
    println!("{payment}");
}

#[task(transient, provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    refund(&pay(1));
}
