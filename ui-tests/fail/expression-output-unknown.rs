// expects: nothing provides `paid`; hand out what a task provides
use taskflow::{Serial, flow, task};

#[task]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let price = 3;
    let _ = (flow![-> paid linear[pay]].call(&Serial), price);
}
