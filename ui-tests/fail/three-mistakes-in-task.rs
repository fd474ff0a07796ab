// expects: the name of a parameter is the symbol that `pay` requires, and this one has none; give the parameter a name, and take it apart in the body
// expects: `pay` takes `&mut`, but tasks share what they read; take `&T`, and return the new value
// expects: `on_unknown` is one of four words; write `on_unknown = rerun`, `revert`, `ask` or `skip`
use taskflow::{flow, task};

#[task(on_unknown = never)]
fn pay((net, tax): (u64, u64), paid: &mut u64) -> u64 {
    *paid += net + tax;
    net + tax
}

flow! {
    struct Checkout { net: u64 } -> u64
    linear[pay]
}

fn main() {
    let _ = Checkout { net: 1 }.call(&taskflow::Serial);
}
