//! `flow!` as a user meets it: plans, and bodies that are stepped by hand.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]

mod shop {
    use std::sync::Arc;
    use taskflow::{Outcome, TaskContext, flow, task};

    pub(crate) trait Gateway: Send + Sync {
        fn charge(&self, cents: u64) -> Result<u64, std::io::Error>;
        fn refund(&self, id: u64);
    }

    #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Order {
        pub(crate) item: String,
        pub(crate) cents: u64,
    }

    fn refund(gateway: &dyn Gateway, payment: &u64) {
        gateway.refund(*payment);
    }

    fn unparse<T: std::fmt::Debug>(outcome: &Outcome<'_, (T, usize)>) -> Result<(), String> {
        let _ = outcome;
        Ok(())
    }

    #[task(provides = payment, revert = refund(gateway, payment))]
    fn charge(gateway: &dyn Gateway, price: u64) -> Result<u64, std::io::Error> {
        gateway.charge(price)
    }

    #[task(provides = (parsed, length), revert = unparse(&outcome))]
    fn parse<T: std::str::FromStr + std::fmt::Debug + 'static>(
        text: &str,
    ) -> Result<(T, usize), T::Err> {
        Ok((text.parse()?, text.len()))
    }

    #[task]
    fn price(order: &Order) -> u64 {
        order.cents
    }

    #[task]
    fn note(text: &str, payment: Option<&u64>, ctx: &TaskContext) {
        let _ = (text, payment, ctx);
    }

    flow! {
        /// Charges an order.
        #[flow(name = "billing", version = 2)]
        pub(crate) struct Billing<'a> { order: Order, text: String, #[resource] gateway: &'a dyn Gateway }
            -> (payment: u64, parsed: i64)
        linear[price, unordered[charge(price = price), parse::<i64>]]
    }

    flow! {
        /// Sells an order.
        pub(crate) struct Shop { order: Order, #[resource] gateway: Arc<dyn Gateway> } -> price: u64
        linear[price, Billing(text = order.item), note(text = "paid")]
    }
}

#[test]
fn plans_join() {
    use taskflow::Flow;
    let plan = shop::Shop::PLAN;
    assert_eq!(
        plan.tasks().collect::<Vec<_>>(),
        [
            "price",
            "billing/price",
            "billing/charge",
            "billing/parse",
            "note"
        ]
    );
    assert_eq!(plan.before("note"), ["billing/charge", "billing/parse"]);
    assert_eq!(plan.name(), "shop");
    assert_eq!(shop::Billing::PLAN.version(), 2);
    let _ = (shop::Shop::__body(), shop::Billing::__body());
}

#[test]
fn a_flow_may_be_private() {
    #[task]
    fn double(number: u32) -> u32 {
        number * 2
    }

    flow! {
        struct Private { number: u32 } -> u32
        linear[double]
    }

    assert_eq!(Private { number: 21 }.call(&taskflow::Serial).unwrap(), 42);
}
