// expects: `ctx` is the context of the run, which needs no binding; remove it
use taskflow::{TaskContext, flow, task};

#[task]
fn ping(ctx: &TaskContext) -> u32 {
    ctx.attempt()
}

flow! {
    struct Check { host: u32 } -> u32
    linear[ping(ctx = host)]
}

fn main() {}
