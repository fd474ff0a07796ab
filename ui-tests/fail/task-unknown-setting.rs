// expects: `#[task]` knows no `provide`; write one of `provides`, `revert`, `on_unknown`, `retry`, `timeout`, `priority`, `transient`, `irreversible` and `crate`
use taskflow::task;

#[task(provide = payment)]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
