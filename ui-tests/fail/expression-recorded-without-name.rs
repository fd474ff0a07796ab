// expects: a flow without a name cannot be recorded
use taskflow::{Logbook, Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = flow![linear[pay]].run(&Serial, &Logbook::memory());
}
