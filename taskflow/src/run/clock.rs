//! The time, as records say it: milliseconds of Unix time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::task::Backoff;

/// Now.
pub(crate) fn now() -> u64 {
    ms(SystemTime::now())
}

/// A point in time; one before 1970 is as long ago.
pub(crate) fn ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// So long after now.
pub(crate) fn after(ms: u64) -> u64 {
    now().saturating_add(ms)
}

/// How long it is until a point in time.
pub(crate) fn until(ms: u64) -> Duration {
    Duration::from_millis(ms.saturating_sub(now()))
}

/// A recorded point in time, if it is one that this system can tell.
pub(crate) fn point(ms: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(ms))
}

impl Backoff {
    /// How long is waited, in milliseconds, after so many attempts have failed.
    pub(super) fn wait_ms(self, failed: u32) -> u64 {
        let grown = u64::from(self.factor)
            .checked_pow(failed.saturating_sub(1))
            .and_then(|factor| self.first_ms.checked_mul(factor));
        let wait = grown.unwrap_or(u64::MAX).min(self.max_ms);
        if self.jitter && wait > 1 {
            fastrand::u64(wait / 2..=wait)
        } else {
            wait
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::task::Backoff;

    #[test]
    fn a_wait_grows_up_to_a_bound() {
        let backoff = Backoff::exponential(100, 1000);
        let waits: Vec<u64> = (1..=6).map(|failed| backoff.wait_ms(failed)).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.wait_ms(u32::MAX), 1000);
        assert_eq!(Backoff::NONE.wait_ms(3), 0);
        assert_eq!(Backoff::fixed(7).wait_ms(9), 7);
    }

    #[test]
    fn jitter_stays_within_the_upper_half() {
        let backoff = Backoff::exponential(1000, 1000).with_jitter();
        assert!((0..1000).all(|_| (500..=1000).contains(&backoff.wait_ms(1))));
    }
}
