//! What settings come to that are constants of the user's: what the macros refuse in a literal,
//! these refuse in const evaluation.

use std::time::Duration;

/// The attempts of a `retry(times = …)`.
///
/// # Panics
///
/// If there is none.
#[must_use]
#[track_caller]
pub const fn attempts(times: u32) -> u32 {
    assert!(
        times > 0,
        "`times` is the number of attempts in all; make it at least 1"
    );
    times
}

/// A limit for how long an attempt may take, in milliseconds.
///
/// # Panics
///
/// If it is no time at all.
#[must_use]
#[track_caller]
pub const fn timeout_ms(limit: Duration) -> u64 {
    assert!(
        !limit.is_zero(),
        "`timeout` is no time at all; make it longer, or leave it out"
    );
    millis(limit)
}

/// A span of time in milliseconds, rounded up, so that what is short does not become nothing.
///
/// What is longer than half a billion years is cut to that.
#[must_use]
pub const fn millis(span: Duration) -> u64 {
    let ms = span.as_nanos().div_ceil(1_000_000);
    if ms > u64::MAX as u128 {
        u64::MAX
    } else {
        // Cannot truncate, as it was just compared.
        #[allow(clippy::cast_possible_truncation)]
        {
            ms as u64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_does_not_become_nothing() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_millis(7)), 7);
        assert_eq!(millis(Duration::from_micros(7_001)), 8);
        assert_eq!(millis(Duration::MAX), u64::MAX);
        assert_eq!(timeout_ms(Duration::from_micros(1)), 1);
        assert_eq!(attempts(1), 1);
    }

    #[test]
    #[should_panic(expected = "make it at least 1")]
    fn no_attempt_is_refused() {
        let _ = attempts(0);
    }

    #[test]
    #[should_panic(expected = "make it longer")]
    fn no_time_is_refused() {
        let _ = timeout_ms(Duration::ZERO);
    }
}
