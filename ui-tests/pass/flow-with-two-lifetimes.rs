use taskflow::{flow, task};

#[task]
fn pay(bank: &str, till: &str) -> usize {
    bank.len() + till.len()
}

flow! {
    struct Checkout<'a> { #[resource] bank: &'a str, #[resource] till: &'a str } -> usize
    linear[pay]
}

fn main() {
    let till = String::from("till");
    let checkout = Checkout { bank: "bank", till: &till };
    assert_eq!(checkout.call(&taskflow::Serial).unwrap(), 8);
}
