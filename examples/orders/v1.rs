//! The flow of the last release, for runs that it left in flight: they go on as they began.
//!
//! It goes when the logbook has no unfinished run of it any more.

use std::sync::Arc;

use taskflow::flow;

use super::gateway::{Gateway, charge};
use super::order::{Order, Shipment};
use super::stock::{Stock, commit, reserve};

flow! {
    /// Takes an order to a shipment, and tells nobody.
    #[flow(name = "checkout", version = 1)]
    pub struct Checkout {
        order: Order,
        #[resource] stock: Arc<dyn Stock>,
        #[resource] gateway: Arc<dyn Gateway>,
    } -> shipment: Shipment
    linear[reserve, charge, commit as shipment]
}
