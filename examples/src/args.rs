//! Arguments that several programs have.

use std::time::Duration;

/// A span of time, such as `250ms`, `30s`, `5m` or `24h`.
///
/// # Errors
///
/// For what is none.
pub fn span(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit_ms = match text.get(digits.len()..) {
        Some("ms") => Some(1),
        Some("s") => Some(1_000),
        Some("m") => Some(60_000),
        Some("h") => Some(3_600_000),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok();
    let ms = number
        .zip(unit_ms)
        .and_then(|(number, unit)| number.checked_mul(unit));
    ms.map(Duration::from_millis)
        .ok_or_else(|| "a time is a number with `ms`, `s`, `m` or `h`, such as `30s`".to_owned())
}

/// A share, from 0 to 1.
///
/// # Errors
///
/// For what is none.
pub fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a share is a number from 0 to 1, such as `0.2`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_read() {
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("24h"), Ok(Duration::from_hours(24)));
        for text in [
            "",
            "5",
            "h",
            "5d",
            "-5s",
            "1.5s",
            "99999999999999999999s",
            "5 s",
        ] {
            span(text).unwrap_err();
        }
        assert!(share("0.2").is_ok());
        for text in ["-1", "2", "NaN", "x"] {
            share(text).unwrap_err();
        }
    }
}
