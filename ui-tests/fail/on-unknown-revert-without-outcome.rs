// expects: `on_unknown = revert` reverts a task of which nobody knows what it did, but `pay` has no revert that names `outcome`; give it one, or choose another word
use taskflow::task;

fn refund(payment: &u64) {
    println!("{payment}");
}

#[task(provides = payment, revert = refund(payment), on_unknown = revert)]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    refund(&pay(1));
}
