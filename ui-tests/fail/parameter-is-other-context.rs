// expects: mismatched types
use taskflow::task;

pub struct TaskContext;

#[task]
fn pay(ctx: &TaskContext) -> u64 {
    let _ = ctx;
    1
}

fn main() {
    let _ = pay(&TaskContext);
}
