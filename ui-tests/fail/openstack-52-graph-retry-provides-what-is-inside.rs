// expects: task `ret` provides `x`, which would hide the `x` of a group around it; rename one of them
use taskflow::{flow, task};

#[task]
fn ret() -> i64 {
    1
}

flow! {
    struct Case { xs: Vec<i64> }
    graph[retry(x in xs)[graph[ret as x]]]
}

fn main() {}
