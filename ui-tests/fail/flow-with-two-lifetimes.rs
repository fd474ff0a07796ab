// expects: a flow has one lifetime; borrow all resources for `'a`
use taskflow::{flow, task};

#[task]
fn pay(bank: &str, till: &str) -> usize {
    bank.len() + till.len()
}

flow! {
    struct Checkout<'a, 'b> { #[resource] bank: &'a str, #[resource] till: &'b str } -> usize
    linear[pay]
}

fn main() {}
