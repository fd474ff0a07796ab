// expects: flow `Checkout` has no pattern; write one after the struct, such as `linear[first, second]`
use taskflow::flow;

flow! {
    struct Checkout { price: u64 } -> u64
}

fn main() {
    let _ = Checkout { price: 1 }.call(&taskflow::Serial);
}
