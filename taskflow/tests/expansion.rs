//! A flow within a flow, expanded by hand: what the macros write, as ordinary code.
#![allow(clippy::all, clippy::pedantic, missing_docs, unused_imports)]

use std::sync::Arc;
use taskflow::Outcome;

pub trait Gateway: Send + Sync {
    fn charge(&self, cents: u64) -> Result<u64, std::io::Error>;
    fn refund(&self, id: u64);
}
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Order {
    pub item: String,
    pub cents: u64,
}

pub mod pay {
    use super::*;
    fn refund(gateway: &dyn Gateway, payment: &u64) {
        gateway.refund(*payment)
    }
    fn unparse<T: std::fmt::Debug>(o: Outcome<'_, (T, usize)>) -> Result<(), String> {
        println!("{o:?}");
        Ok(())
    }

    // #[task(provides = payment, revert = refund(gateway, payment))]
    pub fn charge(gateway: &dyn Gateway, price: u64) -> Result<u64, std::io::Error> {
        gateway.charge(price)
    }
    // The generated part, after the function unchanged:
    const _: () = {
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs)]
        pub struct Site;
        #[allow(non_local_definitions)]
        impl ::taskflow::__private::Site<Site> for ::taskflow::__private::Key<0xC0FFEE> {}
        impl ::taskflow::__private::Info for Site {
            const SITE: Self = Site;
            const POLICY: ::taskflow::__private::Policy = ::taskflow::__private::Policy {
                reverts: ::taskflow::__private::Reverts::Done,
                ..::taskflow::__private::Policy::DEFAULT
            };
        }
        #[allow(
            missing_docs,
            unreachable_pub,
            dead_code,
            private_interfaces,
            unused_imports
        )]
        impl Site {
            // parameters that the revert names, in the task's order, with the task's own types; then `__undoing`
            pub fn revert(
                &self,
                gateway: &dyn Gateway,
                __undoing: ::taskflow::__private::Undoing<'_>,
            ) -> ::taskflow::__private::Step {
                use ::taskflow::__private::{
                    Ended as _, Fallible as _, Infallibly as _, ReturnsResult as _,
                    ReturnsValue as _, TextOnly as _, ToSource as _, Unawaited as _,
                    WithSource as _,
                };
                // only if the revert names what the task provides:
                let payment = (&::taskflow::__private::Returns::<Result<u64, std::io::Error>>::NEW)
                    .value(__undoing);
                match (&mut ::taskflow::__private::Returned::new(refund(gateway, payment))).result()
                {
                    Ok(__ended) => {
                        (&&::taskflow::__private::Undone(&__ended)).over();
                        ::taskflow::__private::Step::OK
                    }
                    Err(__error) => ::taskflow::__private::Step::failed(
                        (&&&::taskflow::__private::Thrown(__error)).failure(),
                    ),
                }
            }
        }
    };
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __taskflow_charge_c0ffee {
        (@taskflow [$($done:tt)*] [$next:path $(, $rest:path)*] $state:tt) => { $next!{ @taskflow [$($done)* { /* signature */ }] [$($rest),*] $state } };
        (@taskflow [$($done:tt)*] [] $state:tt) => { ::taskflow::__private::resolve!{ [$($done)* { /* signature */ }] $state } };
    }
    #[doc(hidden)]
    #[allow(unused_imports)]
    pub use __taskflow_charge_c0ffee as charge;

    // #[task(provides = (parsed, length), revert = unparse(outcome))]   a generic task; `T: 'static` because a revert needs its value
    pub fn parse<T: std::str::FromStr + std::fmt::Debug + 'static>(
        text: &str,
    ) -> Result<(T, usize), T::Err> {
        Ok((text.parse()?, text.len()))
    }
    const _: () = {
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs)]
        pub struct Site;
        impl ::taskflow::__private::Site<Site> for ::taskflow::__private::Key<0xBEEF> {}
        impl ::taskflow::__private::Info for Site {
            const SITE: Self = Site;
            const POLICY: ::taskflow::__private::Policy = ::taskflow::__private::Policy {
                reverts: ::taskflow::__private::Reverts::Any,
                ..::taskflow::__private::Policy::DEFAULT
            };
        }
        #[allow(
            missing_docs,
            unreachable_pub,
            dead_code,
            private_interfaces,
            unused_imports
        )]
        impl Site {
            // of a generic task (or one with `impl Trait` parameters) the revert takes all parameters, so that the generics can be inferred
            pub fn revert<T: std::str::FromStr + std::fmt::Debug + 'static>(
                &self,
                text: &str,
                __undoing: ::taskflow::__private::Undoing<'_>,
            ) -> ::taskflow::__private::Step {
                use ::taskflow::__private::{
                    Ended as _, Fallible as _, Infallibly as _, ReturnsResult as _,
                    ReturnsValue as _, TextOnly as _, ToSource as _, Unawaited as _,
                    WithSource as _,
                };
                let _ = text;
                let outcome = (&::taskflow::__private::Returns::<Result<(T, usize), T::Err>>::NEW)
                    .outcome(__undoing);
                match (&mut ::taskflow::__private::Returned::new(unparse(outcome))).result() {
                    Ok(__ended) => {
                        (&&::taskflow::__private::Undone(&__ended)).over();
                        ::taskflow::__private::Step::OK
                    }
                    Err(__error) => ::taskflow::__private::Step::failed(
                        (&&&::taskflow::__private::Thrown(__error)).failure(),
                    ),
                }
            }
        }
    };
}
use pay::{charge, parse};
// #[task] fn price(order: &Order) -> u64
fn price(order: &Order) -> u64 {
    order.cents
}
const _: () = {
    pub struct Site;
    impl ::taskflow::__private::Site<Site> for ::taskflow::__private::Key<0xA> {}
    impl ::taskflow::__private::Info for Site {
        const SITE: Self = Site;
        const POLICY: ::taskflow::__private::Policy = ::taskflow::__private::Policy {
            ..::taskflow::__private::Policy::DEFAULT
        };
    }
};
// #[task] fn note(text: &str, payment: Option<&u64>, ctx: &TaskContext) {}
fn note(text: &str, payment: Option<&u64>, ctx: &taskflow::TaskContext) {
    println!("{text} {payment:?} {ctx:?}");
}
const _: () = {
    pub struct Site;
    impl ::taskflow::__private::Site<Site> for ::taskflow::__private::Key<0xB> {}
    impl ::taskflow::__private::Info for Site {
        const SITE: Self = Site;
        const POLICY: ::taskflow::__private::Policy = ::taskflow::__private::Policy {
            ..::taskflow::__private::Policy::DEFAULT
        };
    }
};

// ================================================================================================
// flow! {
//     #[flow(name = "billing", version = 2)]
//     pub struct Billing<'a> { order: Order, text: String, #[resource] gateway: &'a dyn Gateway } -> (payment: u64, parsed: i64)
//     linear[price, unordered[charge(price = price), parse::<i64>]]
// }
// ---- written before the chain of companions starts:
pub struct Billing<'a> {
    pub order: Order,
    pub text: String,
    pub gateway: &'a dyn Gateway,
}
#[derive(
    PartialEq, ::taskflow::__private::serde::Serialize, ::taskflow::__private::serde::Deserialize,
)]
#[serde(crate = "::taskflow::__private::serde")]
pub struct BillingInputs {
    pub order: Order,
    pub text: String,
}
pub struct BillingResources<'a> {
    pub gateway: &'a dyn Gateway,
}
pub struct BillingOutput {
    pub payment: u64,
    pub parsed: i64,
}
// ---- written by the resolving macro:
impl<'a> ::taskflow::Flow for Billing<'a> {
    const NAME: &'static str = "billing";
    const VERSION: u32 = 2;
    const PLAN: &'static ::taskflow::__private::Plan =
        ::taskflow::__private::plan_of::<Self, _>(Self::__body);
    type Inputs = BillingInputs;
    type Resources = BillingResources<'a>;
    type Output = BillingOutput;
    fn split(self) -> (BillingInputs, BillingResources<'a>) {
        let Self {
            order,
            text,
            gateway,
        } = self;
        (BillingInputs { order, text }, BillingResources { gateway })
    }
}
impl<'a> ::taskflow::__private::Parts for Billing<'a> {
    // fields in the order of declaration; every lifetime of the flow becomes 's
    type View<'s> = (
        Option<&'s Order>,
        Option<&'s String>,
        Option<&'s dyn Gateway>, // a reference is given on as it is
    );
    type Outs<'s> = (Option<&'s u64>, Option<&'s i64>);
    fn view<'s>(inputs: &'s BillingInputs, resources: &'s BillingResources<'a>) -> Self::View<'s> {
        (
            Some(&inputs.order),
            Some(&inputs.text),
            Some(resources.gateway),
        )
    }
}
impl<'a> Billing<'a> {
    #[doc(hidden)]
    pub fn __body() -> impl ::taskflow::__private::Body<Self> {
        use ::taskflow::__private::{
            Certain as _, Fallible as _, Infallibly as _, Op, Optional as _, Pointer as _, Slot,
            Step, TextOnly as _, ToSource as _, Value as _, WithSource as _, given, same_type,
        };
        enum P {}
        impl ::taskflow::__private::Planned for P {
            const PLAN: &'static ::taskflow::__private::Plan = {
                // in order of definition; a bound on each table is enough
                static BUILD: ::taskflow::__private::Build<3, 2, 2, 3, 1> =
                    ::taskflow::__private::Build::new()
                        .task("price", ::taskflow::__private::policy::<0xA, _>())
                        .task("charge", ::taskflow::__private::policy::<0xC0FFEE, _>())
                        .task("parse", ::taskflow::__private::policy::<0xBEEF, _>())
                        .edge(0, 1)
                        .edge(0, 2)
                        .want(0, 0)
                        .read(1, 0)
                        .want(1, 2)
                        .want(2, 1)
                        .done();
                &BUILD.plan("billing", 2, None, &[1, 2])
            };
        }
        ::taskflow::__private::body::<Self, P, _, _, _, _>(
            (Slot::empty(), Slot::empty(), Slot::empty()),
            |s, i, atom, _within, op| match (atom, op) {
                (0, Op::Run(_)) => {
                    let a0: &_ = given(i.0);
                    match (&mut ::taskflow::__private::Returned::new(price(a0))).result() {
                        Ok(v) => s.0.put(v),
                        Err(e) => Step::failed((&&&::taskflow::__private::Thrown(e)).failure()),
                    }
                }
                (0, op) => s.0.stored(op),
                (1, Op::Run(_)) => {
                    let a0 = (&::taskflow::__private::Held(given(i.2))).pointee();
                    let a1 = Clone::clone(s.0.get());
                    match (&mut ::taskflow::__private::Returned::new(charge(a0, a1))).result() {
                        Ok(v) => s.1.put(v),
                        Err(e) => Step::failed((&&&::taskflow::__private::Thrown(e)).failure()),
                    }
                }
                (1, Op::Revert(_, u)) => {
                    let a0 = (&::taskflow::__private::Held(given(i.2))).pointee();
                    ::taskflow::__private::site::<0xC0FFEE, _>().revert(a0, s.1.undoing(u))
                }
                (1, op) => s.1.stored(op),
                (2, Op::Run(_)) => {
                    let a0: &_ = given(i.1);
                    match (&mut ::taskflow::__private::Returned::new(parse::<i64>(a0))).result() {
                        Ok(v) => s.2.put(v),
                        Err(e) => Step::failed((&&&::taskflow::__private::Thrown(e)).failure()),
                    }
                }
                (2, Op::Revert(_, u)) => {
                    let a0: &_ = given(i.1);
                    ::taskflow::__private::site::<0xBEEF, _>().revert::<i64>(a0, s.2.undoing(u))
                }
                (2, op) => s.2.stored(op),
                _ => ::core::unreachable!("the plan has no such atom"),
            },
            |s| (same_type(s.1.peek()), same_type(s.2.peek().map(|v| &v.0))),
            |s| {
                let o1 = s.1.take();
                let o2 = s.2.take();
                BillingOutput {
                    payment: o1,
                    parsed: o2.0,
                }
            },
        )
    }
}

impl<'a> ::taskflow::__private::Runnable for Billing<'a> {
    type Steps = ::taskflow::__private::Shared<'a>; // `Local<'a>` and `local(…)` for #[flow(local)]; 'static where the flow has no lifetime
    fn open<'f>(
        given: Arc<::taskflow::__private::Given<Self>>,
    ) -> ::taskflow::__private::Opened<'f, Self>
    where
        Self: 'f,
    {
        use ::taskflow::__private::{OpenShared as _, OpenUnshared as _};
        (&mut ::taskflow::__private::Opening::<Self, _>::new(given, Self::__body())).open()
    }
}
::taskflow::__private::flow_methods! { [pub] [<'a>] [Billing<'a>] [BillingResources<'a>] [BillingOutput] [::taskflow::__private::Shared<'a>] }

// flow! {
//     pub struct Shop { order: Order, #[resource] gateway: Arc<dyn Gateway> } -> u64
//     linear[price, Billing(text = order.item), note(text = "paid")]
// }
pub struct Shop {
    pub order: Order,
    pub gateway: Arc<dyn Gateway>,
}
#[derive(
    PartialEq, ::taskflow::__private::serde::Serialize, ::taskflow::__private::serde::Deserialize,
)]
#[serde(crate = "::taskflow::__private::serde")]
pub struct ShopInputs {
    pub order: Order,
}
pub struct ShopResources {
    pub gateway: Arc<dyn Gateway>,
}
impl ::taskflow::Flow for Shop {
    const NAME: &'static str = "shop";
    const VERSION: u32 = 1;
    const PLAN: &'static ::taskflow::__private::Plan =
        ::taskflow::__private::plan_of::<Self, _>(Self::__body);
    type Inputs = ShopInputs;
    type Resources = ShopResources;
    type Output = u64;
    fn split(self) -> (ShopInputs, ShopResources) {
        let Self { order, gateway } = self;
        (ShopInputs { order }, ShopResources { gateway })
    }
}
impl ::taskflow::__private::Parts for Shop {
    type View<'s> = (Option<&'s Order>, Option<&'s Arc<dyn Gateway>>);
    type Outs<'s> = (Option<&'s u64>,);
    fn view<'s>(inputs: &'s ShopInputs, resources: &'s ShopResources) -> Self::View<'s> {
        (Some(&inputs.order), Some(&resources.gateway))
    }
}
impl Shop {
    #[doc(hidden)]
    pub fn __body() -> impl ::taskflow::__private::Body<Self> {
        use ::taskflow::__private::{
            Body as _, Certain as _, Fallible as _, Infallibly as _, Op, Optional as _,
            Pointer as _, Slot, Step, TextOnly as _, ToSource as _, Value as _, WithSource as _,
            given, same_type,
        };
        const C0: u32 = <Billing<'static> as ::taskflow::Flow>::PLAN.size();
        const FIRST0: u32 = 2;
        const LAST0: u32 = FIRST0 + C0 - 1; // without the joins
        const A2: u32 = LAST0 + 2;
        enum P {}
        impl ::taskflow::__private::Planned for P {
            const PLAN: &'static ::taskflow::__private::Plan = {
                const C0: &::taskflow::__private::Plan =
                    <Billing<'static> as ::taskflow::Flow>::PLAN;
                const B0: u32 = 1; // first atom of the child: its join to enter by
                const A2: u32 = B0 + C0.size() + 2; // the atom after the child
                static BUILD: ::taskflow::__private::Build<
                    { 2 + C0.size() as usize + 2 },
                    { 2 + C0.edge_bound() },
                    { 4 + C0.read_bound() },
                    { 4 + C0.read_bound() },
                    { 1 + C0.scope_bound() },
                > = ::taskflow::__private::Build::new()
                    .task("price", ::taskflow::__private::policy::<0xA, _>())
                    .nest(
                        "billing",
                        C0,
                        &[
                            ::taskflow::__private::Source::Input(0),
                            ::taskflow::__private::Source::Input(0),
                            ::taskflow::__private::Source::Input(1),
                        ],
                    ) // one for each field of the child
                    .task("note", ::taskflow::__private::policy::<0xB, _>())
                    .edge(0, B0)
                    .edge(A2 - 1, A2)
                    .want(0, 0)
                    .read(A2, A2 - 1)
                    .done();
                &BUILD.plan("shop", 1, None, &[0])
            };
        }
        ::taskflow::__private::body::<Self, P, _, _, _, _>(
            (Slot::empty(), Billing::__body(), Slot::empty()),
            |s, i, atom, within, op| match (atom, op) {
                (0, Op::Run(_)) => {
                    let a0: &_ = given(i.0);
                    match (&mut ::taskflow::__private::Returned::new(price(a0))).result() {
                        Ok(v) => s.0.put(v),
                        Err(e) => Step::failed((&&&::taskflow::__private::Thrown(e)).failure()),
                    }
                }
                (0, op) => s.0.stored(op),
                // Each field on its own, as one may be missing when another is read.
                (FIRST0..=LAST0, op) => ::taskflow::__private::Body::<Billing<'_>>::step(
                    &s.1,
                    (
                        match i.0 {
                            Some(v) => Some(v),
                            None => None,
                        },
                        match i.0 {
                            Some(v) => Some(&v.item),
                            None => None,
                        },
                        match i.1 {
                            Some(v) => Some((&::taskflow::__private::Held(v)).pointee()),
                            None => None,
                        },
                    ),
                    atom - FIRST0,
                    within,
                    op,
                ),
                (A2, Op::Run(c)) => {
                    let a0 = "paid";
                    let a1 = (&::taskflow::__private::Held(given(s.1.outs().0))).optional();
                    match (&mut ::taskflow::__private::Returned::new(note(a0, a1, c))).result() {
                        Ok(v) => s.2.put(v),
                        Err(e) => Step::failed((&&&::taskflow::__private::Thrown(e)).failure()),
                    }
                }
                (A2, op) => s.2.stored(op),
                _ => ::core::unreachable!("the plan has no such atom"),
            },
            |s| (same_type(s.0.peek()),),
            |s| {
                let o0 = s.0.take();
                o0
            },
        )
    }
}

#[test]
fn plans_join() {
    use taskflow::Flow;
    assert_eq!(
        Shop::PLAN.tasks().collect::<Vec<_>>(),
        [
            "price",
            "billing/price",
            "billing/charge",
            "billing/parse",
            "note"
        ]
    );
    assert_eq!(
        Shop::PLAN.before("note"),
        ["billing/charge", "billing/parse"]
    );
    let _ = (Shop::__body(), Billing::__body());
}

impl ::taskflow::__private::Runnable for Shop {
    type Steps = ::taskflow::__private::Shared<'static>;
    fn open<'f>(
        given: Arc<::taskflow::__private::Given<Self>>,
    ) -> ::taskflow::__private::Opened<'f, Self>
    where
        Self: 'f,
    {
        use ::taskflow::__private::{OpenShared as _, OpenUnshared as _};
        (&mut ::taskflow::__private::Opening::<Self, _>::new(given, Self::__body())).open()
    }
}
::taskflow::__private::flow_methods! { [pub] [] [Shop] [ShopResources] [u64] [::taskflow::__private::Shared<'static>] }

struct Bank;
impl Gateway for Bank {
    fn charge(&self, cents: u64) -> Result<u64, std::io::Error> {
        if cents > 100 {
            Err(std::io::Error::other("too much"))
        } else {
            Ok(cents + 1000)
        }
    }
    fn refund(&self, id: u64) {
        println!("refund {id}")
    }
}

#[test]
fn it_runs() {
    use taskflow::{AnyEngine, Logbook};
    for engine in ["serial", "parallel:2"] {
        let engine: AnyEngine = engine.parse().unwrap();
        let order = |cents, item: &str| Order {
            item: item.into(),
            cents,
        };
        let shop = |cents, item| Shop {
            order: order(cents, item),
            gateway: Arc::new(Bank),
        };
        assert_eq!(shop(7, "12").call(&engine).unwrap(), 7);
        let book = Logbook::memory();
        assert_eq!(shop(7, "12").id("a").run(&engine, &book).unwrap(), 7);
        assert_eq!(shop(7, "12").id("a").run(&engine, &book).unwrap(), 7);
        println!("{}", shop(8, "12").id("a").run(&engine, &book).unwrap_err());
        println!(
            "{}",
            shop(800, "x").id("b").run(&engine, &book).unwrap_err()
        );
        println!(
            "{}",
            shop(800, "x").id("b").run(&engine, &book).unwrap_err()
        );
        println!("{:?}", book.runs());
        let bank = Bank;
        let out = Billing {
            order: order(5, "x"),
            text: "9".into(),
            gateway: &bank,
        }
        .run(&engine, &book)
        .unwrap();
        assert_eq!((out.payment, out.parsed), (1005, 9));
    }
}
