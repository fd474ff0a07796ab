// expects: a runner cannot drive `Checkout` with `taskflow::Parallel`
use taskflow::{Logbook, Parallel, Runner, flow, task};

#[task]
fn charge(order: u32) -> u32 {
    order
}

flow! {
    #[flow(local)]
    struct Checkout { order: u32 } -> u32
    linear[charge]
}

fn main() {
    let _ = Runner::new(Parallel::new(), Logbook::memory())
        .register::<Checkout>(CheckoutResources {})
        .build();
}
