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
// The functions of the user below are written for their signatures, not for their bodies.
#![allow(
    clippy::items_after_statements,
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps
)]

use std::cell::RefCell;
use std::fmt::Debug;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use taskflow::__private::{
    Backoff, OnUnknown, Policy, Retry, Reverts, Slot, Step, Undo, policy, site,
};
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
        Step::Open(_) | Step::Next(_) => "told what a controller says".to_owned(),
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

// The module, the function and the macro have one name, and one path leads to all of them.
mod ship {
    fn unship(label: &str) -> Result<(), std::fmt::Error> {
        super::say(format!("unship {label}"));
        Err(std::fmt::Error)
    }

    #[taskflow::task(revert = unship(inner))]
    pub(in super::ship) fn inner() -> String {
        String::new()
    }

    #[taskflow::task(revert = unship(ship))]
    pub(crate) fn ship(weight: &f64) -> String {
        let _ = inner;
        format!("{weight} kg")
    }
}
use ship::ship;

told!(charge as CHARGE);
told!(ship as SHIP);
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

#[test]
fn a_module_may_have_the_name_of_its_task() {
    let slot = filled(ship(&2.5));
    let step = site::<{ SHIP.number }, _>().revert(slot.undoing(Undo::Done));
    assert_eq!(said(), ["unship 2.5 kg"]);
    assert_eq!(ended(step), std::fmt::Error.to_string());
}

#[test]
fn a_task_may_stand_in_a_function() {
    fn forget(local: &u32, factor: u32) {
        say(format!("forget {}", local * factor));
    }
    const FACTOR: u32 = 2;
    #[task(revert = forget(local, FACTOR + 1))]
    #[allow(unreachable_pub)]
    pub fn local() -> u32 {
        1
    }
    told!(local as LOCAL);
    let slot = filled(local());
    let step = site::<{ LOCAL.number }, _>().revert(slot.undoing(Undo::Done));
    assert_eq!(
        (ended(step).as_str(), said()),
        ("ok", vec!["forget 3".to_owned()])
    );
}

#[test]
fn a_macro_may_write_tasks() {
    macro_rules! constants {
        ($($name:ident: $ty:ty = $value:expr, $undo:ident;)*) => {
            $(
                fn $undo(value: &$ty, seed: u8) {
                    say(format!("{} {value} {seed}", stringify!($undo)));
                }
                #[task(revert = $undo($name, seed))]
                fn $name(seed: u8) -> $ty {
                    $value + <$ty>::from(seed)
                }
            )*
        };
    }
    constants! {
        two: u64 = 2, untwo;
        three: u16 = 3, unthree;
    }
    told!(two as TWO);
    told!(three as THREE);
    assert_ne!(TWO.number, THREE.number);
    let slot = filled(two(0));
    let step = site::<{ TWO.number }, _>().revert(0, slot.undoing(Undo::Done));
    assert_eq!(ended(step), "ok");
    let slot = filled(three(1));
    let step = site::<{ THREE.number }, _>().revert(1, slot.undoing(Undo::Done));
    assert_eq!(ended(step), "ok");
    assert_eq!(said(), ["untwo 2 0", "unthree 4 1"]);
}

#[test]
fn a_revert_may_name_a_field_of_a_tuple_or_a_method() {
    struct Site;
    impl Site {
        fn detach(size: &usize, _of: &str, _at: &Site) -> Option<()> {
            say(format!("detach {size}"));
            None
        }
    }
    #[task(provides = (volume, r#type), revert = Site::detach(r#type, &name[1..], at))]
    fn attach(name: &str, at: &Site) -> Result<(String, usize), String> {
        let _ = at;
        Ok((name.to_owned(), name.len()))
    }
    told!(attach as ATTACH);
    let slot = filled(attach("root", &Site).expect("it attaches"));
    let step = site::<{ ATTACH.number }, _>().revert("root", &Site, slot.undoing(Undo::Done));
    assert_eq!(
        (ended(step).as_str(), said()),
        ("ok", vec!["detach 4".to_owned()])
    );
    assert_eq!(
        dense(ATTACH.says),
        "attachflags[]params[(nameref)(atref)]providesmany[volumetype]\
         revertsdonerevert[(nameref)(atref)]on_unknownrerun"
    );
}

#[test]
fn a_revert_takes_every_kind_of_parameter() {
    fn undo(
        values: Vec<u8>,
        context: Option<&str>,
        out: &dyn Debug,
        r#in: &[u8],
        outcome: Outcome<'_, ()>,
    ) -> Result<u8, Box<dyn std::error::Error>> {
        say(format!(
            "{values:?} {context:?} {out:?} {in:?} {outcome:?}",
            r#in = r#in
        ));
        Ok(1)
    }
    #[task(revert = undo(values, context, out, r#in, outcome), on_unknown = skip)]
    fn call(mut values: Vec<u8>, context: Option<&str>, out: &dyn Debug, r#in: &[u8], _other: &u8) {
        values.clear();
        let _ = (context, out, r#in);
    }
    told!(call as CALL);
    call(vec![], None, &(), &[], &1);
    let slot = filled(());
    let step = site::<{ CALL.number }, _>().revert(
        vec![1],
        Some("b"),
        &'c',
        &[2],
        slot.undoing(Undo::Unknown),
    );
    assert_eq!(ended(step), "ok");
    assert_eq!(said(), [r#"[1] Some("b") 'c' [2] Unknown"#]);
    assert_eq!(
        policy::<{ CALL.number }, _>(),
        Policy {
            reverts: Reverts::Any,
            on_unknown: OnUnknown::Skip,
            ..Policy::DEFAULT
        }
    );
}

#[test]
fn a_parameter_that_only_the_revert_reads_is_named_without_its_underscore() {
    fn undo(name: &str, _context: &TaskContext) {
        say(name);
    }
    #[task(revert = undo(name, ctx))]
    fn make(_name: &str, ctx: &TaskContext) {
        let _ = ctx;
    }
    told!(make as MAKE);
    let _ = make;
    assert_eq!(
        dense(MAKE.says),
        "makeflags[]params[(nameref)(ctxctx)]providesnone\
         revertsdonerevert[(nameref)(ctxctx)]on_unknownrerun"
    );
}

#[test]
fn generics_of_every_sort_are_carried_over() {
    fn drop_all<'a, T: Debug + ?Sized>(all: &'a [&'a T], text: &str) {
        say(format!("{all:?} {text}"));
    }
    #[task(revert = drop_all(&[&made[..]], &tag.to_string()))]
    fn made<'a, 'b, T, const N: usize>(
        from: &'a [T; N],
        _unread: &'b str,
        tag: impl ToString + Clone,
    ) -> Vec<T>
    where
        T: Clone + Debug + 'static,
        'a: 'b,
    {
        let _ = tag.clone();
        from.to_vec()
    }
    told!(made as MADE);
    let slot = filled(made(&[1_u8, 2], "", 'x'));
    let site = site::<{ MADE.number }, _>();
    let step = site.revert(&[1_u8, 2], "", 'x', slot.undoing(Undo::Done));
    assert_eq!(ended(step), "ok");
    let step = site.revert::<u8, 2>(&[1, 2], "", 'x', slot.undoing(Undo::Done));
    assert_eq!(ended(step), "ok");
    assert_eq!(said(), ["[[1, 2]] x", "[[1, 2]] x"]);
}

#[test]
fn a_revert_may_itself_be_a_task() {
    #[task]
    fn unlock(lock: &u8) -> Result<(), String> {
        Err(format!("lock {lock} is stuck"))
    }
    #[task(revert = unlock(lock))]
    fn lock() -> u8 {
        3
    }
    told!(lock as LOCK);
    let slot = filled(lock());
    let step = site::<{ LOCK.number }, _>().revert(slot.undoing(Undo::Done));
    assert_eq!(ended(step), "lock 3 is stuck");
}

#[test]
fn settings_reach_the_policy() {
    #[task(transient, crate = ::taskflow)]
    fn greeting() -> &'static str {
        "hello"
    }
    #[task(irreversible, on_unknown = ask)]
    fn r#final() {}
    #[cfg(any())]
    #[task]
    fn gone() -> Missing {}
    #[task]
    #[cfg(any())]
    fn gone() -> Missing {}

    told!(greeting as GREETING);
    told!(r#final as FINAL);
    r#final();
    assert_eq!(greeting(), "hello");
    assert_eq!(
        policy::<{ GREETING.number }, _>(),
        Policy {
            transient: true,
            ..Policy::DEFAULT
        }
    );
    assert_eq!(
        policy::<{ FINAL.number }, _>(),
        Policy {
            irreversible: true,
            on_unknown: OnUnknown::Ask,
            ..Policy::DEFAULT
        }
    );
    assert_eq!(
        dense(FINAL.says),
        "finalflags[]params[]providesnonerevertsneverrevert[]on_unknownask"
    );
    assert!(GREETING.says.contains("transient"));
}

#[test]
fn attempts_timeouts_and_priorities_reach_the_policy() {
    struct Limits {
        tries: u32,
        wait: Duration,
    }
    const LIMITS: Limits = Limits {
        tries: 7,
        wait: Duration::from_micros(1_500),
    };
    mod limits {
        use super::Duration;
        pub(crate) const LIMIT: Duration = Duration::from_secs(2);
        pub(crate) const FIRST: i16 = i16::MAX;
    }

    #[task(
        retry(times = 5, backoff = exponential("200ms", max = "5s", jitter)),
        timeout = "1m30s",
        priority = -5,
    )]
    fn literal() {}
    #[task(
        priority = const limits::FIRST,
        timeout = limits::LIMIT,
        retry(backoff = fixed(LIMITS.wait), times = LIMITS.tries),
    )]
    fn named() {}
    #[task(retry(times = 2))]
    fn at_once() {}
    #[task(retry(times = 2, backoff = exponential(limits::LIMIT)), transient)]
    fn up_to_an_hour() {}

    told!(literal as LITERAL);
    told!(named as NAMED);
    told!(at_once as AT_ONCE);
    told!(up_to_an_hour as UP_TO_AN_HOUR);
    for task in [literal, named, at_once, up_to_an_hour] {
        task();
    }
    assert_eq!(
        policy::<{ LITERAL.number }, _>(),
        Policy {
            retry: Retry {
                times: 5,
                backoff: Backoff::exponential(200, 5_000).with_jitter(),
            },
            timeout_ms: 90_000,
            priority: -5,
            ..Policy::DEFAULT
        }
    );
    assert_eq!(
        policy::<{ NAMED.number }, _>(),
        Policy {
            retry: Retry {
                times: 7,
                backoff: Backoff::fixed(2),
            },
            timeout_ms: 2_000,
            priority: i16::MAX,
            ..Policy::DEFAULT
        }
    );
    assert_eq!(
        policy::<{ AT_ONCE.number }, _>().retry,
        Retry {
            times: 2,
            backoff: Backoff::NONE,
        }
    );
    assert_eq!(
        policy::<{ UP_TO_AN_HOUR.number }, _>(),
        Policy {
            transient: true,
            retry: Retry {
                times: 2,
                backoff: Backoff::exponential(2_000, 3_600_000),
            },
            ..Policy::DEFAULT
        }
    );
}

#[test]
fn a_macro_may_write_settings() {
    macro_rules! pinging {
        ($name:ident, $times:expr, $wait:literal, $limit:expr, $priority:literal, $condition:path) => {
            #[task(
                            retry(times = $times, backoff = fixed($wait), if = $condition),
                            timeout = $limit,
                            priority = $priority,
                        )]
            fn $name() -> Result<(), String> {
                Err("down".to_owned())
            }
        };
    }
    pinging!(ping, 3, "2s", "1m", -1, String::is_empty);
    told!(ping as PING);
    assert_eq!(
        policy::<{ PING.number }, _>(),
        Policy {
            retry: Retry {
                times: 3,
                backoff: Backoff::fixed(2_000),
            },
            timeout_ms: 60_000,
            priority: -1,
            ..Policy::DEFAULT
        }
    );
    assert!(!site::<{ PING.number }, _>().retry_if(&ping().unwrap_err()));
}

#[test]
fn an_error_is_asked_about_in_the_task_s_own_module() {
    mod gateway {
        use std::cell::Cell;

        use taskflow::task;

        #[derive(Debug)]
        pub(crate) struct Refused(pub(crate) Cell<u8>);
        type Answer<T> = Result<T, Refused>;

        // Named like what the question itself names.
        fn error(refused: &Refused) -> bool {
            refused.0.get() > 4
        }

        #[task(retry(times = 3, if = error))]
        pub(super) fn charge(price: u8) -> Answer<u8> {
            Err(Refused(Cell::new(price)))
        }
    }
    told!(gateway::charge as CHARGE);
    assert_eq!(
        dense(CHARGE.says),
        "chargeflags[retry_if]params[(priceval)]providesonecharge\
         revertsneverrevert[]on_unknownrerun"
    );
    let site = site::<{ CHARGE.number }, _>();
    let asked = |price| site.retry_if(&gateway::charge(price).unwrap_err());
    assert!(asked(5) && !asked(4));
}

#[test]
fn every_kind_of_error_can_be_asked_about() {
    trait Transient {
        fn is_transient(&self) -> bool;
    }
    impl Transient for &str {
        fn is_transient(&self) -> bool {
            self.starts_with("busy")
        }
    }
    #[task(retry(times = 2, if = <&str as Transient>::is_transient))]
    fn text() -> Result<(), &'static str> {
        Err("busy")
    }

    // Coerces as an argument of any call does.
    fn is_short(text: &str) -> bool {
        text.len() < 5
    }
    #[task(retry(times = 2, if = is_short))]
    fn owned(text: &str) -> Result<u8, String> {
        Err(text.to_owned())
    }

    #[derive(Debug)]
    struct At<'a>(&'a str);
    fn is_first(at: &At<'_>) -> bool {
        at.0.is_empty()
    }
    #[task(retry(times = 2, if = is_first))]
    fn elided(text: &str) -> Result<u8, At<'_>> {
        Err(At(text))
    }
    #[task(retry(times = 2, if = is_first))]
    fn borrowed<'a>(text: &'a str, _other: &str) -> Result<u8, At<'a>> {
        Err(At(text))
    }

    told!(text as TEXT);
    told!(owned as OWNED);
    told!(elided as ELIDED);
    told!(borrowed as BORROWED);
    assert!(site::<{ TEXT.number }, _>().retry_if(&text().unwrap_err()));
    let is_short = |text| site::<{ OWNED.number }, _>().retry_if(&owned(text).unwrap_err());
    assert!(is_short("four") && !is_short("a text"));
    assert!(site::<{ ELIDED.number }, _>().retry_if(&elided("").unwrap_err()));
    assert!(!site::<{ BORROWED.number }, _>().retry_if(&borrowed("a", "").unwrap_err()));
}

#[test]
fn the_condition_of_a_generic_task_is_told_what_the_task_was_told() {
    #[derive(Debug)]
    struct Wrong<T>(T);
    impl<T: PartialEq + Default> Wrong<T> {
        fn is_default(&self) -> bool {
            self.0 == T::default()
        }
    }
    #[task(retry(times = 2, if = Wrong::is_default))]
    fn refuse<T, const N: usize>(
        _values: &[u8; N],
        value: T,
        _tag: impl ToString,
    ) -> Result<(), Wrong<T>>
    where
        T: PartialEq + Default + 'static,
    {
        Err(Wrong(value))
    }
    told!(refuse as REFUSE);
    assert!(REFUSE.says.contains("retry_if"));
    let site = site::<{ REFUSE.number }, _>();
    assert!(site.retry_if(&[1], 0_u8, 'x', &refuse(&[1], 0_u8, 'x').unwrap_err()));
    assert!(!site.retry_if::<char, 0>(&[], 'a', 'x', &Wrong('b')));
}

/// Tasks that other tasks' reverts call.
mod locks {
    use taskflow::task;

    fn is_busy(error: &str) -> bool {
        error.starts_with("busy")
    }

    /// Unlocks.
    #[task(retry(times = 4, backoff = fixed("1s"), if = is_busy), timeout = "2s", revert = lock())]
    pub(crate) fn unlock(lock: &str) -> Result<(), String> {
        Err(format!("{lock} lock"))
    }

    #[task(retry(times = 2), revert = unlock(lock))]
    pub(crate) fn lock() -> String {
        "busy".to_owned()
    }

    pub(crate) fn plain(_: &str) {}
}

#[test]
fn what_a_revert_calls_brings_its_settings() {
    mod callers {
        use super::locks::plain;
        use super::locks::unlock;
        use super::locks::unlock as open;
        use taskflow::task;

        // Named like a macro of the standard library, which is none of its business.
        fn write(_: &str) {}

        #[task(revert = unlock(a))]
        pub(super) fn a() -> String {
            "busy".to_owned()
        }
        #[task(revert = open(b))]
        pub(super) fn b() -> String {
            "broken".to_owned()
        }
        #[task(revert = super::locks::unlock(c))]
        pub(super) fn c() -> String {
            String::new()
        }
        #[task(revert = plain(d))]
        pub(super) fn d() -> String {
            String::new()
        }
        #[task(revert = super::locks::plain(e))]
        pub(super) fn e() -> String {
            String::new()
        }
        #[task(revert = write(f))]
        pub(super) fn f() -> String {
            String::new()
        }
        #[task(revert = drop(g.clone()))]
        pub(super) fn g() -> String {
            String::new()
        }
        #[task(revert = std::mem::drop(h.clone()))]
        pub(super) fn h() -> String {
            String::new()
        }
        #[task(revert = str::len(i))]
        pub(super) fn i() -> String {
            String::new()
        }
        #[task(revert = unlock((), &unlock))]
        pub(super) fn j<T: Fn((), &dyn std::any::Any) + 'static>(unlock: T) -> Vec<T> {
            vec![unlock]
        }
    }
    use callers::{a, b, c, d, e, f, g, h, i};
    macro_rules! attempts {
        ($($task:ident)*) => {
            [$({
                told!(callers::$task as TASK);
                let policy = policy::<{ TASK.number }, _>();
                assert_eq!(policy.retry, Retry::NEVER);
                (policy.revert_retry.times, policy.revert_timeout_ms)
            }),*]
        };
    }
    assert_eq!(attempts![a b c], [(4, 2_000); 3]);
    assert_eq!(attempts![d e f g h i j], [(1, 0); 7]);

    told!(callers::a as A);
    told!(callers::b as B);
    let busy = filled(a());
    let step = site::<{ A.number }, _>().revert(busy.undoing(Undo::Done));
    assert!(
        matches!(step, Step::Done(Err(failure)) if format!("{failure:?}").contains("refused: 0"))
    );
    let broken = filled(b());
    let step = site::<{ B.number }, _>().revert(broken.undoing(Undo::Done));
    assert!(
        matches!(step, Step::Done(Err(failure)) if format!("{failure:?}").contains("refused: 1"))
    );

    told!(locks::lock as LOCK);
    let policy = policy::<{ LOCK.number }, _>();
    assert_eq!((policy.retry.times, policy.revert_retry.times), (2, 4));
    let _ = (
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        callers::j::<fn((), &dyn std::any::Any)>,
    );
}
