use taskflow::{flow, task};

#[task]
fn reserve(item: &str) -> u64 {
    item.len() as u64
}

#[task]
fn ship(reserve: u64) -> u64 {
    reserve
}

flow! {
    struct Checkout { item: String } -> ship: u64
    graph[ship, reserve]
}

fn main() {
    let checkout = Checkout { item: "pen".to_owned() };
    assert_eq!(checkout.call(&taskflow::Serial).unwrap(), 3);
}
