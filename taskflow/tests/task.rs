//! `#[task]` as a user meets it, with the calls that a flow would make written by hand.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]

use std::cell::RefCell;
use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;

use taskflow::__private::{OnUnknown, Policy, Reverts, Slot, Step, Undo, policy, site};
use taskflow::{Failure, Outcome, TaskContext, task};

/// What the companion of a task tells a flow.
struct Told {
    number: u64,
    says: &'static str,
}

/// Asks a companion, as a flow does.
macro_rules! told {
    ($($task:ident)::+ as $told:ident) => {
        $($task)::+! { @taskflow [] [told] { $told } }
    };
    (@taskflow [{ task $name:ident key $key:literal $($rest:tt)* }] [] { $told:ident }) => {
        const $told: Told = Told {
            number: $key,
            says: concat!(stringify!($name), " ", stringify!($($rest)*)),
        };
    };
}

/// A text without white space, which `stringify!` puts as it likes.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The step of a revert, as text.
fn ended(step: Step) -> String {
    match step {
        Step::Done(Ok(())) => "ok".to_owned(),
        Step::Done(Err(failure)) => failure.to_string(),
    }
}

fn filled<T: Send + Sync>(value: T) -> Slot<T> {
    let slot = Slot::empty();
    assert_eq!(ended(slot.put(value)), "ok");
    slot
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn say(text: impl Into<String>) {
    SAID.with_borrow_mut(|said| said.push(text.into()));
}

fn said() -> Vec<String> {
    SAID.take()
}

/// What charges and refunds.
pub trait Gateway: Send + Sync {
    /// Takes money.
    ///
    /// # Errors
    ///
    /// If there is none.
    fn charge(&self, cents: u64) -> Result<u64, std::io::Error>;
}

struct Bank;

impl Gateway for Bank {
    fn charge(&self, cents: u64) -> Result<u64, std::io::Error> {
        if cents == 0 {
            return Err(std::io::Error::other("nothing to charge"));
        }
        Ok(cents)
    }
}

pub mod pay {
    //! Tasks whose reverts are private to their module.

    use super::{Debug, FromStr, Gateway, Outcome, say};
    use taskflow::task;

    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn refund(_gateway: &dyn Gateway, payment: &u64) {
        say(format!("refund {payment}"));
    }

    fn unparse<T: Debug>(outcome: Outcome<'_, (T, usize)>) -> Result<(), String> {
        match outcome {
            Outcome::Done(value) => {
                say(format!("unparse {value:?}"));
                Ok(())
            }
            Outcome::Failed(failure) => Err(format!("it failed: {failure}")),
            Outcome::Unknown => Err("nobody knows".to_owned()),
        }
    }

    /// Charges.
    ///
    /// # Errors
    ///
    /// If the gateway does not.
    #[task(provides = payment, revert = refund(gateway, payment))]
    pub fn charge(gateway: &dyn Gateway, price: u64) -> Result<u64, std::io::Error> {
        gateway.charge(price)
    }

    /// Parses.
    ///
    /// # Errors
    ///
    /// If the text is no `T`.
    #[task(provides = (parsed, length), revert = unparse(outcome), on_unknown = revert)]
    pub fn parse<T: FromStr + Debug + 'static>(text: &str) -> Result<(T, usize), T::Err> {
        Ok((text.parse()?, text.len()))
    }
}

use pay::{charge, parse as read};

told!(charge as CHARGE);
told!(read as READ);
told!(pay::parse as PARSE);

#[test]
fn a_revert_names_a_parameter_and_what_the_task_provides() {
    let payment = filled(charge(&Bank, 7).expect("the bank charges"));
    let step = site::<{ CHARGE.number }, _>().revert(&Bank, payment.undoing(Undo::Done));
    assert_eq!(ended(step), "ok");
    assert_eq!(said(), ["refund 7"]);
    assert_eq!(
        dense(CHARGE.says),
        "chargeflags[]params[(gatewaydyn)(priceval)]providesonepayment\
         revertsdonerevert[(gatewaydyn)]on_unknownrerun"
    );
    assert_eq!(
        policy::<{ CHARGE.number }, _>(),
        Policy {
            reverts: Reverts::Done,
            ..Policy::DEFAULT
        }
    );
}

#[test]
fn a_generic_task_has_a_revert_for_each_type() {
    let slot = filled(read::<u16>("12").expect("a number"));
    let revert = |undo| ended(site::<{ READ.number }, _>().revert::<u16>("12", slot.undoing(undo)));
    assert_eq!(revert(Undo::Done), "ok");
    assert_eq!(said(), ["unparse (12, 2)"]);
    assert_eq!(revert(Undo::Unknown), "nobody knows");
    let failure = Failure::new("no number");
    let empty = Slot::<(u16, usize)>::empty();
    let step =
        site::<{ PARSE.number }, _>().revert::<u16>("12", empty.undoing(Undo::Failed(&failure)));
    assert_eq!(ended(step), "it failed: no number");
    assert_eq!(
        dense(READ.says),
        "parseflags[generic]params[(textref)]providesmany[parsedlength]\
         revertsanyrevert[(textref)]on_unknownrevert"
    );
    assert_eq!(policy::<{ READ.number }, _>().on_unknown, OnUnknown::Revert);
}

#[test]
fn every_kind_of_parameter_is_told() {
    #[allow(clippy::too_many_arguments)]
    #[task]
    fn all(
        one: &str,
        two: &[u8],
        three: &Path,
        four: &(dyn Debug + Send),
        mut five: Vec<u8>,
        _six: Option<&u8>,
        seven: Option<&str>,
        eight: Option<&[u8]>,
        nine: Option<&dyn Debug>,
        _ctx: &TaskContext,
        ten: Option<u8>,
    ) -> usize {
        five.push(1);
        let _ = (four, nine);
        one.len()
            + two.len()
            + three.as_os_str().len()
            + five.len()
            + seven.map_or(0, str::len)
            + eight.map_or(0, <[u8]>::len)
            + usize::from(ten.unwrap_or(0))
    }
    let context = None::<&TaskContext>;
    let _ = context.map(|c| {
        all(
            "",
            &[],
            Path::new(""),
            &1,
            vec![],
            None,
            None,
            None,
            None,
            c,
            None,
        )
    });
    told!(all as ALL);
    assert_eq!(
        dense(ALL.says),
        "allflags[]params[(oneref)(tworef)(threeref)(fourdyn)(fiveval)(sixopt)\
         (sevenopt_deref)(eightopt_deref)(nineopt_deref)(ctxctx)(tenval)]\
         providesoneallrevertsneverrevert[]on_unknownrerun"
    );
}
