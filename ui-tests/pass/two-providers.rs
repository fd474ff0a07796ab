use taskflow::{flow, task};

#[task]
fn price(item: &str) -> u64 {
    item.len() as u64
}

#[task(provides = price)]
fn quote(item: &str) -> u64 {
    item.len() as u64 + 1
}

flow! {
    struct Checkout { item: String } -> estimate: u64
    linear[price, quote as estimate]
}

fn main() {
    let checkout = Checkout { item: "pen".to_owned() };
    assert_eq!(checkout.call(&taskflow::Serial).unwrap(), 4);
}
