//! Tasks and flows wherever Rust allows functions and structs, in a crate that denies its lints.
#![deny(warnings, missing_docs, unreachable_pub, unused, rust_2018_idioms)]
#![deny(single_use_lifetimes, unused_qualifications, unused_lifetimes)]

use charge::charge;
use taskflow::{Serial, TaskContext, flow, task};
use ui_tests::billing::{self as bills, Order, price as quote, refund};

/// A task with the name of its module.
mod charge {
    /// Charges nobody.
    #[taskflow::task]
    pub(crate) fn charge(quote: u64) -> u64 {
        quote + 1
    }
}

#[task]
fn r#match(r#type: &str, _ctx: &TaskContext) -> usize {
    r#type.len()
}

#[task(provides = r#fn)]
fn first<'a, T>(r#match: usize, items: &'a [T], fallback: Option<&'a T>) -> T
where
    T: Clone + Send + Sync,
{
    items.get(r#match).or(fallback).cloned().expect("an item")
}

#[task]
fn sized<const N: usize>(text: impl AsRef<str>) -> String {
    text.as_ref().chars().take(N).collect()
}

macro_rules! constant {
    ($($name:ident = $value:expr),*) => {
        $(
            #[task]
            fn $name() -> u64 {
                $value
            }
        )*
    };
}

constant!(two = 2, three = 3);

macro_rules! sum {
    ($name:ident: $one:ident + $other:ident) => {
        flow! {
            struct $name {} -> u64
            linear[unordered[$one, $other], add($one = $one, $other = $other)]
        }
    };
}

#[task]
fn add(two: u64, three: u64) -> u64 {
    two + three
}

sum!(Sum: two + three);

flow! {
    /// Uses raw names.
    struct Raw {
        /// Raw, too.
        r#type: String,
        items: Vec<u64>,
        fallback: Option<u64>,
    } -> r#fn: u64
    linear[r#match, first::<u64>(fallback = fallback)]
}

flow! {
    /// Uses a task of another crate under another name.
    pub(crate) struct Checkout {
        pub(crate) order: Order,
        #[resource]
        pub(crate) gateway: bills::Bank,
    } -> payment: u64
    linear[quote(order = order), charge(quote = price), bills::pay(price = charge)]
}

fn main() {
    let raw = Raw { r#type: "a".to_owned(), items: vec![4, 5], fallback: None };
    assert_eq!(raw.call(&Serial).unwrap(), 5);
    assert_eq!(Sum {}.call(&Serial).unwrap(), 5);

    #[task]
    fn local(number: u64) -> u64 {
        number * 2
    }
    flow! {
        struct Local { number: u64 } -> String
        linear[local, sized::<2>(text = "three")]
    }
    assert_eq!(Local { number: 1 }.call(&Serial).unwrap(), "th");

    let order = Order { item: "pen".to_owned(), cents: 4 };
    let checkout = Checkout { order, gateway: bills::Bank };
    assert_eq!(checkout.call(&Serial).unwrap(), 5);
    refund(&bills::Bank, &5);
}
