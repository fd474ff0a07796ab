// expects: a revert cannot be `async`
use taskflow::task;

async fn refund(payment: &u64) {
    println!("{payment}");
}

#[task(provides = payment, revert = refund(payment))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
