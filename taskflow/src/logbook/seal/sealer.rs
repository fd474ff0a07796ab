//! The one seam between plain payloads and stored ones, of a logbook that is sealed.
//!
//! Everything that users give or get goes through here on its way to the file and back: inputs,
//! values, how far tasks are, failures, and what others ask. What the logbook needs to list runs
//! and to find records again stays readable.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::{Seal, SealContext, SealError};
use crate::logbook::batch::Batch;
use crate::logbook::book::check_size;
use crate::logbook::letter::{Ask, Letter, Told, Value};
use crate::logbook::record::{Begin, Bytes, Kind, split_request};
use crate::logbook::scan::Scan;
use crate::logbook::{LogbookError, RunId, codec};

/// What a sealed logbook holds sealed from its first record on, to tell the right key by.
const CHECK: &[u8] = b"taskflow";

/// The seal of one logbook.
#[derive(Clone)]
pub(in crate::logbook) struct Sealer(Arc<dyn Seal>);

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
    pub(in crate::logbook) fn new(seal: impl Seal + 'static) -> Sealer {
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
    pub(in crate::logbook) fn batch(
        &self,
        run: &RunId,
        batch: &Batch,
    ) -> Result<Batch, LogbookError> {
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
    pub(in crate::logbook) fn payload(
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
    pub(in crate::logbook) fn begin(&self, begin: &Begin) -> Result<Begin, LogbookError> {
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
    pub(in crate::logbook) fn begun(&self, stored: Begin) -> Result<Begin, SealError> {
        let mut inputs = Vec::new();
        let context = SealContext::of_record(Kind::Begin, &stored.id, 0);
        self.open(&context, &stored.inputs.0, &mut inputs)?;
        let inputs = Bytes(inputs);
        Ok(Begin { inputs, ..stored })
    }

    /// A letter as it is posted.
    pub(in crate::logbook) fn letter(&self, mut letter: Letter) -> Result<Letter, LogbookError> {
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
pub(in crate::logbook) fn open_letter(
    sealer: Option<&Sealer>,
    mut letter: Letter,
) -> Result<Letter, String> {
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
pub(in crate::logbook) fn check(
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
