// expects: `pay` is `irreversible`, so its success is never undone; remove `revert` or `irreversible`, or let the revert name `outcome`
use taskflow::task;

fn refund(payment: &u64) {
    println!("{payment}");
}

#[task(irreversible, provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    refund(&pay(1));
}
