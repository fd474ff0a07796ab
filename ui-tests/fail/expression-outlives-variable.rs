// expects: `price` does not live long enough
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let flow = {
        let price = 3;
        flow![linear[pay]]
    };
    let _ = flow.call(&Serial);
}
