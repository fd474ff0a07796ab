// expects: `Cell<u32>` cannot be used by several threads at once, as it is not `Send` and `Sync`; use a type that can, or mark the flow with `#[flow(local)]`, which keeps it on one thread
use taskflow::flow;



flow! {
    struct Checkout {}
    signal(approval: std::cell::Cell<u32>)
}

fn main() {}
