// expects: `revert` is a plain call of a function; write `revert = refund(gateway, payment)`, or `revert = Type::method(value)` for a method
use taskflow::task;

pub struct Bank;

#[task(provides = payment, revert = bank.refund(payment))]
fn pay(bank: &Bank, price: u64) -> u64 {
    let _ = bank;
    price
}

fn main() {
    let _ = pay(&Bank, 1);
}
