// expects: tasks wait for each other: `pay` -> `ship` (which reads `pay`) -> `invoice` (which reads `ship`) -> `pay` (which reads `invoice`); remove one of these dependencies
use taskflow::{flow, task};

#[task]
fn pay(invoice: u64) -> u64 {
    invoice
}

#[task]
fn ship(pay: u64) -> u64 {
    pay
}

#[task]
fn invoice(ship: u64) -> u64 {
    ship
}

flow! {
    struct Checkout {} -> ship: u64
    graph[pay, ship, invoice]
}

fn main() {}
