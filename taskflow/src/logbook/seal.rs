//! Sealing: what a logbook holds of its users is not to be read, or put elsewhere, without a key.

mod sealer;

#[cfg(feature = "seal")]
mod aead;

use std::fmt;

#[cfg(feature = "seal")]
pub use self::aead::Aead;
pub(super) use self::sealer::{Sealer, check, open_letter};
use super::RunId;
use super::letter::{Ask, Letter};
use super::record::Kind;

/// How bytes are sealed, so that who reads or changes the files of a logbook cannot read or make
/// them; [`LogbookOptions::seal`](super::LogbookOptions::seal) has a logbook do that.
///
/// `Aead`, behind the feature `seal` of this crate, is one with keys that the program has. Another
/// one may ask a key service, which is to be quick: each call is made where a record is written or
/// read.
///
/// ```
/// use taskflow::logbook::{Logbook, Seal, SealContext, SealError};
///
/// /// Shows how it is done, and keeps nothing from anybody.
/// struct Backwards;
///
/// impl Seal for Backwards {
///     fn seal(
///         &self,
///         context: &SealContext<'_>,
///         plain: &[u8],
///         sealed: &mut Vec<u8>,
///     ) -> Result<(), SealError> {
///         sealed.extend(plain.iter().rev());
///         sealed.extend(context.bytes());
///         Ok(())
///     }
///
///     fn open(
///         &self,
///         context: &SealContext<'_>,
///         sealed: &[u8],
///         plain: &mut Vec<u8>,
///     ) -> Result<(), SealError> {
///         let Some(bytes) = sealed.strip_suffix(context.bytes()) else {
///             return Err(SealError::new("it was sealed elsewhere; restore it from a copy"));
///         };
///         plain.extend(bytes.iter().rev());
///         Ok(())
///     }
/// }
///
/// # let folder = std::env::temp_dir().join(format!("backwards-{}.book", std::process::id()));
/// let book = Logbook::options(&folder).seal(Backwards).open()?;
/// # drop(book);
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), taskflow::LogbookError>(())
/// ```
pub trait Seal: Send + Sync {
    /// Puts the sealed form of `plain` behind what is in `sealed`. It must not open in another
    /// context.
    ///
    /// # Errors
    ///
    /// If that cannot be done now. Nothing is recorded then, and the run is interrupted.
    fn seal(
        &self,
        context: &SealContext<'_>,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), SealError>;

    /// Puts behind what is in `plain` what [`seal`](Seal::seal) was given in this context to make
    /// `sealed`.
    ///
    /// # Errors
    ///
    /// If it was sealed with another key or in another context, or is not as it was sealed.
    fn open(
        &self,
        context: &SealContext<'_>,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), SealError>;

    /// Whether `sealed`, which opens, was sealed with the key that is used now. Where it was not, a
    /// logbook notes at its next opening that it goes by the new one, so that the old key can be
    /// given up once nothing is needed any more that was sealed with it. `true` unless this says
    /// otherwise.
    fn is_current(&self, sealed: &[u8]) -> bool {
        let _ = sealed;
        true
    }
}

/// Where sealed bytes belong: they are not to open anywhere else.
#[derive(Debug)]
pub struct SealContext<'a> {
    run: Option<&'a RunId>,
    bytes: Vec<u8>,
}

impl<'a> SealContext<'a> {
    /// The run that the bytes are of, for who has a key for each run or each client; `None` for
    /// what is of the logbook as a whole.
    #[must_use]
    pub fn run(&self) -> Option<&'a RunId> {
        self.run
    }

    /// The context as bytes, to be bound to what is sealed as its associated data. Two contexts
    /// have the same bytes only if they are the same: the run, the kind of the record and the
    /// number of the atom, or the letter and what it asks.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn of_record(kind: Kind, run: &'a RunId, atom: u32) -> SealContext<'a> {
        let mut bytes = vec![kind.code()];
        bytes.extend(atom.to_le_bytes());
        bytes.extend(run.as_ref().as_bytes());
        SealContext {
            run: Some(run),
            bytes,
        }
    }

    fn of_letter(letter: &'a Letter) -> SealContext<'a> {
        // No kind of a record has this number.
        let mut bytes = vec![0];
        bytes.extend(letter.id.bytes());
        let (what, name) = match &letter.ask {
            Ask::Signal { name, .. } => (1, name.as_str()),
            Ask::Resolve { task, .. } => (2, task.as_str()),
            _ => (0, ""),
        };
        bytes.push(what);
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend(letter.run.as_ref().as_bytes());
        SealContext {
            run: Some(&letter.run),
            bytes,
        }
    }

    fn of_book() -> SealContext<'static> {
        SealContext {
            run: None,
            bytes: vec![Kind::Seal.code()],
        }
    }
}

/// Why bytes cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealError {
    text: String,
}

impl SealError {
    /// An error with this text, which says what is wrong and what to do about it; it must not show
    /// what was to be sealed.
    pub fn new(text: impl Into<String>) -> SealError {
        SealError { text: text.into() }
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SealError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logbook::LetterId;
    use crate::logbook::letter::Value;

    #[test]
    fn golden_contexts() {
        let run = RunId::new("r1").unwrap();
        let record = SealContext::of_record(Kind::Done, &run, 0x0102_0304);
        assert_eq!(record.bytes(), b"\x05\x04\x03\x02\x01r1");
        assert_eq!(record.run(), Some(&run));
        let letter = Letter {
            id: LetterId::from_bytes(*b"0123456789abcdef"),
            run,
            ask: Ask::Signal {
                name: "go".to_owned(),
                value: Value::Json("1".to_owned()),
            },
        };
        let context = SealContext::of_letter(&letter);
        let golden = b"\x000123456789abcdef\x01\x02\0\0\0\0\0\0\0gor1";
        assert_eq!(context.bytes(), golden);
        assert_eq!(SealContext::of_book().bytes(), [20]);
        assert_eq!(SealContext::of_book().run(), None);
    }
}
