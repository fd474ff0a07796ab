//! Tasks and flows of a crate that calls the library by another name than the crate of some of its
//! tasks.

use tf::{flow, task};
use ui_tests::billing::{Bank, Billing, Order, price};

/// What remains to be paid.
#[task]
#[must_use]
pub fn rest(price: u64, payment: u64) -> u64 {
    price - payment
}

flow! {
    /// Pays an order, and tells what remains.
    pub struct Shop {
        /// What is bought.
        order: Order,
        /// Where the money comes from.
        #[resource]
        gateway: Bank,
    } -> u64
    linear[price, Billing as payment, rest]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        let order = Order {
            item: "pen".to_owned(),
            cents: 4,
        };
        let shop = Shop {
            order,
            gateway: Bank,
        };
        assert_eq!(shop.call(&tf::Serial).ok(), Some(0));
    }

    #[test]
    fn it_runs_where_it_is_written() {
        let order = Order {
            item: "pen".to_owned(),
            cents: 4,
        };
        let gateway = Bank;
        let shop = flow![linear[price, Billing as payment, rest]];
        assert_eq!(shop.call(&tf::Serial).ok(), Some(0));
    }
}
