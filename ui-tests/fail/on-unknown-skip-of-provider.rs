// expects: `on_unknown = skip` is for tasks that provide nothing, and `pay` provides `pay`; choose another word
use taskflow::task;

#[task(on_unknown = skip)]
fn pay(price: u64) -> u64 {
    price
}

fn main() {
    let _ = pay(1);
}
