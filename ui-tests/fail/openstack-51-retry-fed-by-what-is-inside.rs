// expects: `retry` needs `x`, which `ret as x` provides only inside of it; move `x` to before it
use taskflow::{flow, task};

#[task]
fn ret() -> u32 {
    1
}

flow! {
    struct Case {}
    graph[retry(times = x)[ret as x]]
}

fn main() {}
