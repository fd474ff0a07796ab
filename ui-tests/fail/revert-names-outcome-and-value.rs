// expects: the revert names both `outcome` and `payment`, but a task that failed has no `payment`; name `outcome` alone, which holds the value where there is one
use taskflow::{Outcome, task};

fn refund(payment: &u64, outcome: Outcome<'_, u64>) {
    println!("{payment} {outcome:?}");
}

#[task(provides = payment, revert = refund(payment, outcome))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    refund(&pay(1), Outcome::Unknown);
}
