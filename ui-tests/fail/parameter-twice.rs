// expects: `pay` requires `price` twice; rename one of the two parameters
use taskflow::task;

#[task]
fn pay(price: u64, _price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1, 2);
}
