// expects: the error `Refused` cannot be recorded
use taskflow::task;

pub struct Refused;

fn refund(payment: &u64) -> Result<(), Refused> {
    if *payment > 9 { Err(Refused) } else { Ok(()) }
}

#[task(provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = refund(&pay(1));
}
