// expects: unresolved import `gateway::refund`
// expects: cannot find function `refund` in module `gateway`
use taskflow::task;

mod gateway {}

#[task(revert = gateway::refund(pay))]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
