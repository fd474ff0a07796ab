// expects: the name of a parameter is the symbol that `pay` requires, and this one has none; give the parameter a name, and take it apart in the body
use taskflow::task;

#[task]
fn pay((net, tax): (u64, u64)) -> u64 {
    net + tax
}

fn main() {
    let _ = pay((1, 2));
}
