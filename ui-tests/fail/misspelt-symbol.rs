// expects: task `attach` needs `volumes`, which nothing before it provides; did you mean `volume`?
use taskflow::{flow, task};

#[task]
fn attach(volumes: u64) -> u64 {
    volumes
}

flow! {
    struct Provision { volume: u64 } -> u64
    linear[attach]
}

fn main() {}
