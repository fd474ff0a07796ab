use taskflow::{flow, task};

#[task]
fn boot(size: u32) -> u32 {
    size
}

#[task]
fn volume(size: u32) -> u64 {
    u64::from(size) * 10
}

#[task]
fn attach(boot: u32, volume: u64) -> u64 {
    volume + u64::from(boot)
}

flow! {
    struct Provision { size: u32 } -> u64
    linear[boot, volume, attach]
}

fn main() {
    let attached = Provision { size: 2 }.call(&taskflow::Serial);
    assert_eq!(attached.unwrap(), 22);
}
