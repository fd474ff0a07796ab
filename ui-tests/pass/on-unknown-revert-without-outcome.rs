use taskflow::{Outcome, flow, task};

fn refund(outcome: Outcome<'_, u64>) {
    println!("{outcome:?}");
}

#[task(provides = payment, revert = refund(outcome), on_unknown = revert)]
fn pay(price: u64) -> u64 {
    price
}

flow! {
    struct Checkout { price: u64 } -> u64
    linear[pay]
}

fn main() {
    assert_eq!(Checkout { price: 1 }.call(&taskflow::Serial).unwrap(), 1);
}
