//! What the code of groups calls: what their settings come to, and where their values come from.

use std::any::Any;
use std::fmt::Display;
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};

use crate::failure::Failure;
use crate::flow::{Setup, Step};
use crate::retry::{Attempt, Controller};
use crate::slot::Slot;
use crate::task::{Backoff, Retry};

/// A type that a setting of a group may have which is a number.
#[diagnostic::on_unimplemented(
    message = "this setting is a number, and a `{Self}` is none; name a symbol of an integer type",
    label = "this is a `{Self}`"
)]
pub trait Number: Copy {
    /// The nearest number that fits.
    fn nearest(self) -> u32;
}

macro_rules! number {
    ($($ty:ty)*) => { $(
        impl Number for $ty {
            // The comparison is always false for a type without a sign.
            #[allow(unused_comparisons)]
            fn nearest(self) -> u32 {
                u32::try_from(self).unwrap_or(if self < 0 { 0 } else { u32::MAX })
            }
        }
    )* };
}

number!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! non_zero {
    ($($ty:ty)*) => { $(
        impl Number for $ty {
            fn nearest(self) -> u32 {
                self.get().nearest()
            }
        }
    )* };
}

non_zero!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize);

/// A setting that is a number.
pub fn count<N: Number>(setting: &N) -> u32 {
    setting.nearest()
}

/// A share of a number of items, in millionths, rounded down.
#[must_use]
pub fn share(items: u32, millionths: u64) -> u32 {
    let share = u64::from(items).saturating_mul(millionths) / 1_000_000;
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// What a group goes through.
// A function of its own, as its argument may be whatever becomes a slice.
#[inline]
#[must_use]
pub fn list<T>(items: &[T]) -> &[T] {
    items
}

/// The number of items that a group goes through.
///
/// # Panics
///
/// If there are more than four billion.
pub fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or_else(|_| {
        panic!(
            "a group goes through {} items at most, and these are {}; split them up",
            u32::MAX,
            items.len()
        )
    })
}

/// An item of a `map`.
///
/// # Panics
///
/// If there is no such item, which the plan rules out.
pub fn item<T>(items: &[T], number: u32) -> &T {
    &items[number as usize]
}

/// What a `retry` goes through, for an attempt.
///
/// # Panics
///
/// If there is nothing, in which case no attempt is made.
pub fn item_in_turn<T>(items: &[T], attempt: u32) -> &T {
    &items[attempt as usize % items.len()]
}

/// A `retry` of so many attempts.
#[must_use]
pub fn retry(times: u32, backoff: Backoff) -> Step {
    let times = times.max(1);
    Step::Open(Setup::Retry(Retry { times, backoff }))
}

/// A `retry` that goes through items, once each if nothing else is said.
#[must_use]
pub fn retry_each(items: u32, times: Option<u32>, backoff: Backoff) -> Step {
    if items == 0 {
        return Step::failed(Failure::new(
            "there is nothing to try: what the `retry` goes through is empty",
        ));
    }
    retry(times.unwrap_or(items), backoff)
}

/// The same of a `retry` whose controller is consulted after each attempt that failed.
#[must_use]
pub fn controlled(opened: Step) -> Step {
    match opened {
        Step::Open(Setup::Retry(Retry { times, .. })) => Step::Open(Setup::Controlled { times }),
        other => other,
    }
}

/// What the controller of a `retry` says.
pub fn consult<C: Controller + ?Sized>(controller: &C, attempts: &[Attempt]) -> Step {
    Step::Next(controller.decide(attempts))
}

/// The end of a run that fails for this reason.
#[cold]
pub fn fail<T: Display + ?Sized>(reason: &T) -> Step {
    Step::failed(Failure::new(reason.to_string()))
}

/// A failure after which a retry does not run the task again, if its condition says so.
#[must_use]
pub fn refused(failure: Failure, worth_it: bool, retry: u32) -> Failure {
    if worth_it {
        failure
    } else {
        failure.refuse(retry)
    }
}

/// What one of two arms provides.
///
/// Where the types differ, [`alike`] has said so; this function keeps it from being said twice.
#[must_use]
pub fn either<'s, T: 'static, U: 'static>(
    first: Option<&'s T>,
    second: Option<&'s U>,
) -> Option<&'s T> {
    first.or_else(|| {
        let second: &dyn Any = second?;
        second.downcast_ref()
    })
}

/// The same of values that are taken out.
pub fn either_value<T: 'static, U: 'static>(first: Option<T>, mut second: Option<U>) -> Option<T> {
    first.or_else(|| {
        let second: &mut dyn Any = &mut second;
        second.downcast_mut::<Option<T>>()?.take()
    })
}

/// Two arms provide one symbol, which has one type.
pub fn alike<T>(_: Option<&T>, _: Option<&T>) {}

/// What was taken out, which is there.
///
/// # Panics
///
/// If it is not, which the plan rules out.
pub fn sure<T>(value: Option<T>) -> T {
    value.expect("an output is taken once, after its atom has run")
}

/// What may be absent, as one `Option` that has a place.
pub fn option<'s, T>(
    place: &'s Slot<Option<T>>,
    value: Option<&T>,
    keep: impl FnOnce(&T) -> T,
) -> &'s Option<T> {
    match value {
        // Absent also means: not yet.
        None => place.peek().unwrap_or(&None),
        Some(value) => place.get_or(|| Some(keep(value))),
    }
}

/// The answer where the arm of a `match` no longer matches.
///
/// # Panics
///
/// Always: what a pattern and its guard are about does not change in a run.
#[cold]
pub fn no_such_arm() -> ! {
    panic!("the guard of an arm gave another answer than when the arm was chosen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_does_not_fit_counts_as_the_nearest() {
        assert_eq!(count(&-3_i8), 0);
        assert_eq!(count(&7_usize), 7);
        assert_eq!(count(&u128::MAX), u32::MAX);
        assert_eq!(NonZeroUsize::MIN.nearest(), 1);
    }

    #[test]
    fn a_share_is_rounded_down() {
        assert_eq!(share(99, 10_000), 0);
        assert_eq!(share(100, 10_000), 1);
        assert_eq!(share(250, 5_000), 1);
        assert_eq!(share(u32::MAX, 1_000_000), u32::MAX);
    }

    #[test]
    fn a_retry_makes_at_least_one_attempt() {
        let times = |step| match step {
            Step::Open(Setup::Retry(retry)) => Some(retry.times),
            _ => None,
        };
        assert_eq!(times(retry(0, Backoff::NONE)), Some(1));
        assert_eq!(times(retry_each(3, None, Backoff::NONE)), Some(3));
        assert_eq!(times(retry_each(3, Some(5), Backoff::NONE)), Some(5));
        assert_eq!(times(retry_each(0, Some(5), Backoff::NONE)), None);
        assert_eq!(item_in_turn(&["a", "b"], 2), &"a");
    }

    #[test]
    fn what_an_arm_provides_is_found() {
        assert_eq!(either(None, Some(&1)), Some(&1));
        assert_eq!(either(Some(&2), Some(&1)), Some(&2));
        assert_eq!(either(None::<&u8>, Some(&"other")), None);
        assert_eq!(either_value(None, Some(1)), Some(1));
        let place = Slot::empty();
        assert_eq!(option(&place, None, u8::clone), &None);
        assert_eq!(option(&place, Some(&3), u8::clone), &Some(3));
        assert_eq!(option(&place, None, u8::clone), &Some(3));
    }
}
