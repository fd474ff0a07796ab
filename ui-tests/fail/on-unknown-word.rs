// expects: `on_unknown` is one of four words; write `on_unknown = rerun`, `revert`, `ask` or `skip`
use taskflow::task;

#[task(on_unknown = retry)]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
