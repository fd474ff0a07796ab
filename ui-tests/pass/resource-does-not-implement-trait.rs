use std::sync::Arc;
use taskflow::{flow, task};

pub trait Gateway: Send + Sync {
    fn charge(&self) -> u64;
}

pub struct Paper;

impl Gateway for Paper {
    fn charge(&self) -> u64 {
        1
    }
}

#[task]
fn charge(gateway: &dyn Gateway) -> u64 {
    gateway.charge()
}

flow! {
    struct Checkout { #[resource] gateway: Paper } -> u64
    linear[charge]
}

flow! {
    struct Shared { #[resource] gateway: Arc<dyn Gateway> } -> u64
    linear[charge]
}

flow! {
    struct Borrowed<'a> { #[resource] gateway: &'a dyn Gateway } -> u64
    linear[charge]
}

fn main() {
    assert_eq!(Checkout { gateway: Paper }.call(&taskflow::Serial).unwrap(), 1);
    assert_eq!(Shared { gateway: Arc::new(Paper) }.call(&taskflow::Serial).unwrap(), 1);
    assert_eq!(Borrowed { gateway: &Paper }.call(&taskflow::Serial).unwrap(), 1);
}
