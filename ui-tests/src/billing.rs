//! A small shop.

use serde::{Deserialize, Serialize};
use taskflow::{flow, task};

/// What is bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub item: String,
    /// Its price.
    pub cents: u64,
}

/// Where money comes from.
#[derive(Debug, Clone, Copy)]
pub struct Bank;

/// The price of an order.
#[task]
#[must_use]
pub fn price(order: &Order) -> u64 {
    order.cents
}

/// Takes the money.
#[task(provides = payment, revert = refund(gateway, payment))]
#[must_use]
pub fn pay(gateway: &Bank, price: u64) -> u64 {
    let _ = gateway;
    price
}

/// Gives the money back.
pub fn refund(gateway: &Bank, payment: &u64) {
    let _ = (gateway, payment);
}

flow! {
    /// Takes the money for an order.
    pub struct Billing {
        /// What is bought.
        order: Order,
        /// Where the money comes from.
        #[resource]
        gateway: Bank,
    } -> payment: u64
    linear[price, pay]
}
