//! What can go wrong with a logbook, a sentence per case.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RunId;
use super::codec::{DecodeError, EncodeError};
use super::seal::SealError;

/// Why a logbook could not be opened, read or written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LogbookError {
    /// The operating system refused something; the logbook itself is not to blame.
    Io {
        /// What was tried: a verb, such as `write`.
        doing: &'static str,
        /// The file or folder that it was tried with.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// Another holder has the logbook open for writing.
    Locked {
        /// The folder of the logbook.
        path: PathBuf,
    },
    /// The file holds bytes that were not written like that.
    ///
    /// A write that a crash cut off is no damage: see [`Torn`](super::Torn).
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// Where in the file the record begins that is bad, in bytes.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// The file is whole and of a format that this library does not read.
    OtherVersion {
        /// The file.
        file: PathBuf,
        /// The version of its format.
        found: u32,
    },
    /// A write or a sync failed earlier, so that nobody knows what is on the disk.
    ///
    /// Everything that was acknowledged before that stays true. Open the logbook again to go on.
    Poisoned {
        /// The first failure.
        cause: Arc<LogbookError>,
    },
    /// The logbook already has a run of this id.
    Exists {
        /// The id.
        id: RunId,
    },
    /// The id belonged to a run that is dropped, and counts as used for some time yet.
    Dropped {
        /// The id.
        id: RunId,
    },
    /// A run that is not at its end cannot be dropped.
    Unfinished {
        /// The run.
        id: RunId,
    },
    /// The records of a run cannot have happened like that: they belong to another plan, or were
    /// written by a program that is not this one.
    Contradiction {
        /// The run.
        id: RunId,
        /// The first record that cannot be, counted from 1 among those of the run.
        record: usize,
        /// What the record says.
        what: String,
    },
    /// A single record would be larger than the format allows (4 GiB).
    TooLarge {
        /// The size of the record, in bytes.
        bytes: usize,
    },
    /// The logbook is sealed, and no seal was given.
    Sealed {
        /// The file.
        file: PathBuf,
    },
    /// A seal was given, and the logbook is not sealed.
    NotSealed {
        /// The file.
        file: PathBuf,
    },
    /// The logbook is sealed with another key than the one that was given.
    WrongSeal {
        /// The file.
        file: PathBuf,
        /// What the seal said.
        source: SealError,
    },
    /// A record cannot be opened: its key was not given, or it is not as it was sealed.
    Unopened {
        /// The file.
        file: PathBuf,
        /// Where in the file the record begins, in bytes.
        offset: u64,
        /// What the seal said.
        source: SealError,
    },
    /// Something could not be sealed, and was not recorded.
    Unsealable(SealError),
    /// Something could not be turned into bytes.
    Encode(EncodeError),
    /// Bytes could not be turned back into what they were made of.
    Decode(DecodeError),
}

impl LogbookError {
    /// For `map_err`: what was tried, and with which file.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogbookError {
        move |source| LogbookError::Io {
            doing,
            path: path.into(),
            source: Arc::new(source),
        }
    }
}

impl fmt::Display for LogbookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogbookError::Io {
                doing,
                path,
                source,
            } => write!(
                f,
                "cannot {doing} `{}`: {source}; see that it is there, that this process may use \
                 it and that the disk has room",
                path.display()
            ),
            LogbookError::Locked { path } => write!(
                f,
                "the logbook `{}` is held by another process, or by another `Logbook` of this \
                 one; stop that, or wait with `wait_for_lock`, or clone the `Logbook` that is open",
                path.display()
            ),
            LogbookError::Damaged { file, offset, what } => write!(
                f,
                "the logbook `{}` is damaged at byte {offset}: {what}; bring it back from a \
                 backup, or move it away to begin a new one",
                file.display()
            ),
            LogbookError::OtherVersion { file, found } => write!(
                f,
                "the logbook `{}` has version {found} of the format and this library reads \
                 version {}; use the library that wrote it",
                file.display(),
                super::frame::VERSION
            ),
            LogbookError::Poisoned { cause } => write!(
                f,
                "the logbook is not written to after a failure: {cause}; then open it again"
            ),
            LogbookError::Exists { id } => write!(
                f,
                "the logbook has a run `{id}` already; take another id, or attach to that run"
            ),
            LogbookError::Dropped { id } => write!(
                f,
                "the run `{id}` has ended and is dropped, and its id counts as used for some time \
                 yet; take another id"
            ),
            LogbookError::Unfinished { id } => write!(
                f,
                "run `{id}` is not at its end and cannot be dropped; let it end, `revert` it or \
                 `cancel` it first"
            ),
            LogbookError::Contradiction { id, record, what } => write!(
                f,
                "record {record} of run `{id}` ({what}) cannot follow those before it; the flow \
                 has changed without its plan, or the logbook was written by something else: \
                 restore it from a copy, or start a new run"
            ),
            LogbookError::TooLarge { bytes } => write!(
                f,
                "a record of {bytes} bytes does not fit into the logbook, which takes {}; keep \
                 what is large elsewhere, and its place in the logbook",
                u32::MAX
            ),
            LogbookError::Sealed { file } => write!(
                f,
                "the logbook `{}` is sealed; give what it was sealed with, by `seal`",
                file.display()
            ),
            LogbookError::NotSealed { file } => write!(
                f,
                "the logbook `{}` is not sealed, and one that has records cannot be sealed any \
                 more; open it without `seal`, or begin a new one with it",
                file.display()
            ),
            LogbookError::WrongSeal { file, source } => write!(
                f,
                "the logbook `{}` is sealed otherwise: {source}",
                file.display()
            ),
            LogbookError::Unopened {
                file,
                offset,
                source,
            } => write!(
                f,
                "the record at byte {offset} of the logbook `{}` cannot be opened: {source}",
                file.display()
            ),
            LogbookError::Unsealable(source) => {
                write!(f, "a record cannot be sealed: {source}")
            }
            LogbookError::Encode(error) => error.fmt(f),
            LogbookError::Decode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LogbookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // A message says what its own error says, so that the chain goes on behind that.
            LogbookError::Io { source, .. } => source.source(),
            LogbookError::Poisoned { cause } => cause.source(),
            LogbookError::Encode(error) => error.source(),
            LogbookError::Decode(error) => error.source(),
            _ => None,
        }
    }
}

impl From<EncodeError> for LogbookError {
    fn from(error: EncodeError) -> LogbookError {
        LogbookError::Encode(error)
    }
}

impl From<DecodeError> for LogbookError {
    fn from(error: DecodeError) -> LogbookError {
        LogbookError::Decode(error)
    }
}
