// expects: `Volume` is both in what the group or the flow hands out and kept inside of it, and it is not `Clone`; derive `Clone`, or put an `Arc` around it
use taskflow::{flow, task};

#[derive(serde::Serialize, serde::Deserialize)]
struct Volume(u32);

fn delete(volume: &Volume) {
    assert_ne!(volume.0, 0);
}

#[task(revert = delete(volume))]
fn volume(size: u32) -> Volume {
    Volume(size)
}

flow! {
    struct Provision { sizes: Vec<u32> } -> volumes: Vec<Volume>
    map(size in sizes)[volume] as volumes
}

fn main() {}
