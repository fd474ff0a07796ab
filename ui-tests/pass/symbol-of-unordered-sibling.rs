use taskflow::{flow, task};

#[task]
fn reserve(item: &str) -> u64 {
    item.len() as u64
}

#[task]
fn pay(price: u64) -> u64 {
    price
}

#[task]
fn ship(reserve: u64, pay: u64) -> u64 {
    reserve + pay
}

flow! {
    struct Checkout { item: String, price: u64 } -> u64
    linear[unordered[reserve, pay], ship]
}

fn main() {
    let checkout = Checkout { item: "pen".to_owned(), price: 4 };
    assert_eq!(checkout.call(&taskflow::Serial).unwrap(), 7);
}
