//! Sealing: what a logbook holds of its users is not to be read, or put elsewhere, without a key.
//!
//! Everything that users give or get goes through here on its way to the file and back: inputs,
//! values, how far tasks are, failures, and what others ask. What the logbook needs to list runs
//! and to find records again stays readable.

#[cfg(feature = "seal")]
mod aead;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "seal")]
pub use self::aead::Aead;
use super::batch::Batch;
use super::book::check_size;
use super::letter::{Ask, Letter, Told, Value};
use super::record::{Begin, Bytes, Kind, split_request};
use super::scan::Scan;
use super::{LogbookError, RunId, codec};

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

/// What a sealed logbook holds sealed from its first record on, to tell the right key by.
const CHECK: &[u8] = b"taskflow";

/// The seal of one logbook.
#[derive(Clone)]
pub(super) struct Sealer(Arc<dyn Seal>);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// From where on the payload of a record is sealed, if it is.
fn sealed_from(kind: Kind, payload: &[u8]) -> Option<usize> {
    match kind {
        Kind::Done | Kind::Fail | Kind::RevertFail | Kind::Checkpoint => Some(0),
        // Which letter it applies is what the index looks at.
        Kind::Request => split_request(payload).map(|(_, rest)| payload.len() - rest.len()),
        // Of `Begin` the inputs alone are.
        Kind::Plan
        | Kind::Begin
        | Kind::Resume
        | Kind::Start
        | Kind::Release
        | Kind::Decide
        | Kind::Revert
        | Kind::Reverted
        | Kind::End
        | Kind::Open
        | Kind::Due
        | Kind::Attempt
        | Kind::Wait
        | Kind::Drop
        | Kind::Seal => None,
    }
}

impl Sealer {
    pub(super) fn new(seal: impl Seal + 'static) -> Sealer {
        Sealer(Arc::new(seal))
    }

    /// Puts the sealed form of `plain` behind what is in `sealed`. Nothing stays nothing.
    fn seal(
        &self,
        context: &SealContext<'_>,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), LogbookError> {
        if plain.is_empty() {
            return Ok(());
        }
        self.0
            .seal(context, plain, sealed)
            .map_err(LogbookError::Unsealable)
    }

    fn open(
        &self,
        context: &SealContext<'_>,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        if sealed.is_empty() {
            return Ok(());
        }
        self.0.open(context, sealed, plain)
    }

    /// The records of a batch as they are stored.
    pub(super) fn batch(&self, run: &RunId, batch: &Batch) -> Result<Batch, LogbookError> {
        let mut sealed = Batch::default();
        let mut payload = Vec::new();
        for (kind, atom, plain) in batch.entries() {
            payload.clear();
            let from = sealed_from(kind, plain).unwrap_or(plain.len());
            payload.extend_from_slice(&plain[..from]);
            let context = SealContext::of_record(kind, run, atom);
            self.seal(&context, &plain[from..], &mut payload)?;
            check_size(payload.len())?;
            sealed.push(kind, atom, &payload);
        }
        Ok(sealed)
    }

    /// A payload as it was before it was sealed.
    pub(super) fn payload(
        &self,
        kind: Kind,
        run: &RunId,
        atom: u32,
        mut stored: Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let Some(from) = sealed_from(kind, &stored) else {
            return Ok(stored);
        };
        let sealed = stored.split_off(from);
        let context = SealContext::of_record(kind, run, atom);
        self.open(&context, &sealed, &mut stored)?;
        Ok(stored)
    }

    /// What a run begins with, as it is stored.
    pub(super) fn begin(&self, begin: &Begin) -> Result<Begin, LogbookError> {
        let mut inputs = Vec::new();
        let context = SealContext::of_record(Kind::Begin, &begin.id, 0);
        self.seal(&context, &begin.inputs.0, &mut inputs)?;
        let inputs = Bytes(inputs);
        Ok(Begin {
            inputs,
            ..begin.clone()
        })
    }

    /// What a run began with, as it was before it was sealed.
    pub(super) fn begun(&self, stored: Begin) -> Result<Begin, SealError> {
        let mut inputs = Vec::new();
        let context = SealContext::of_record(Kind::Begin, &stored.id, 0);
        self.open(&context, &stored.inputs.0, &mut inputs)?;
        let inputs = Bytes(inputs);
        Ok(Begin { inputs, ..stored })
    }

    /// A letter as it is posted.
    pub(super) fn letter(&self, mut letter: Letter) -> Result<Letter, LogbookError> {
        let mut plain = Vec::new();
        let Some(given) = value(&mut letter.ask) else {
            return Ok(letter);
        };
        codec::encode(given, &mut plain)?;
        let mut sealed = Vec::new();
        self.seal(&SealContext::of_letter(&letter), &plain, &mut sealed)?;
        if let Some(given) = value(&mut letter.ask) {
            *given = Value::Sealed(Bytes(sealed));
        }
        Ok(letter)
    }
}

/// A letter of a logbook with this seal, or without one, as it was before it was posted; or why it
/// is to be refused.
pub(super) fn open_letter(sealer: Option<&Sealer>, mut letter: Letter) -> Result<Letter, String> {
    let posted = match (value(&mut letter.ask), sealer) {
        (None, _) | (Some(Value::Bincode(_) | Value::Json(_)), None) => return Ok(letter),
        (Some(Value::Sealed(posted)), Some(_)) => std::mem::take(posted),
        (Some(Value::Sealed(_)), None) => {
            return Err("its value is sealed, and the logbook is not".to_owned());
        }
        (Some(Value::Bincode(_) | Value::Json(_)), Some(_)) => {
            return Err("its value is not sealed, and the logbook is".to_owned());
        }
    };
    let mut plain = Vec::new();
    let context = SealContext::of_letter(&letter);
    if let Some(sealer) = sealer {
        let opened = sealer.open(&context, &posted.0, &mut plain);
        opened.map_err(|error| format!("its value cannot be opened ({error})"))?;
    }
    let opened: Value = codec::decode(&plain)
        .map_err(|error| format!("its value is none that is known ({})", error.reason()))?;
    match (value(&mut letter.ask), opened) {
        (Some(value), opened @ (Value::Bincode(_) | Value::Json(_))) => *value = opened,
        _ => return Err("its value is sealed twice".to_owned()),
    }
    Ok(letter)
}

/// The value that comes with what is asked.
fn value(ask: &mut Ask) -> Option<&mut Value> {
    match ask {
        Ask::Signal { value, .. }
        | Ask::Resolve {
            answer: Told::Done(value),
            ..
        } => Some(value),
        Ask::Suspend
        | Ask::Cancel { .. }
        | Ask::Resolve { .. }
        | Ask::Rerun
        | Ask::Revert
        | Ask::Interrupt => None,
    }
}

/// Compares the seal that a logbook is opened with to what its records say, before anything is
/// changed. The payload of the record that is to be appended then, if one is.
pub(super) fn check(
    sealer: Option<&Sealer>,
    scan: &Scan,
    file: &Path,
) -> Result<Option<Vec<u8>>, LogbookError> {
    let (sealer, check) = match (sealer, scan.index.seal()) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(LogbookError::Sealed { file: file.into() }),
        (Some(_), None) if scan.seq > 0 => {
            return Err(LogbookError::NotSealed { file: file.into() });
        }
        (Some(sealer), check) => (sealer, check),
    };
    let context = SealContext::of_book();
    if let Some(check) = check {
        let mut plain = Vec::new();
        let opened = sealer.open(&context, check, &mut plain);
        opened
            .and_then(|()| {
                let other = || SealError::new("it opens to something else; give its own seal");
                (plain == CHECK).then_some(()).ok_or_else(other)
            })
            .map_err(|source| LogbookError::WrongSeal {
                file: file.into(),
                source,
            })?;
        if sealer.0.is_current(check) {
            return Ok(None);
        }
    }
    let mut payload = Vec::new();
    sealer.seal(&context, CHECK, &mut payload)?;
    Ok(Some(payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logbook::LetterId;

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
