// expects: no field `root` on type `&Spec`
use taskflow::{flow, task};

#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Spec {
    pub size: u32,
}

#[task]
fn boot(size: u32) -> u32 {
    size
}

flow! {
    struct Provision { spec: Spec } -> u32
    linear[boot(size = spec.root)]
}

fn main() {}
