// expects: `with` names a symbol of a flow, and a task has none; put the task in a `retry(with = …)[…]` of the flow
use taskflow::task;

#[task(retry(times = 3, with = budget))]
fn one() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
