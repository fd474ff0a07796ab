// expects: mismatched types
use taskflow::task;

fn refund(payment: u64) {
    println!("{payment}");
}

#[task(provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    refund(pay(1));
}
