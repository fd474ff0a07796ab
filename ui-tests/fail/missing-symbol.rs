// expects: task `attach` needs `volume`, which nothing before it provides; add a task that provides it, or an input `volume`
use taskflow::{flow, task};

#[task]
fn boot(size: u32) -> u32 {
    size
}

#[task]
fn attach(boot: u32, volume: u64) -> u64 {
    volume + u64::from(boot)
}

flow! {
    struct Provision { size: u32 } -> u64
    linear[boot, attach]
}

fn main() {}
