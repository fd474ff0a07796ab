//! Why a cloud did not do what it was asked for, and whether asking again may help.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use taskflow::CheckpointError;

use super::cloud::{Gib, Id, Kind, Name};

/// A call that did not go well.
#[derive(Debug)]
pub struct ApiError {
    /// What was asked for, such as "order server `web-1`".
    pub call: String,
    pub why: Why,
}

/// What came in the way.
#[derive(Debug)]
pub enum Why {
    /// The cloud has done nothing.
    Busy,
    /// The cloud has done it, and the answer did not arrive: the caller does not know.
    Lost,
    /// The cloud may have done it or not.
    Silent,
    /// It did not become active in time.
    Slow,
    OverQuota {
        free: u32,
    },
    NoRoom {
        ram_max: Gib,
    },
    Taken {
        kind: Kind,
        name: Name,
    },
    InUse {
        by: Id,
    },
    Gone {
        id: Id,
    },
    /// How far the task is could not be recorded.
    Checkpoint(CheckpointError),
    /// The files in which the simulated cloud keeps its state.
    Disk {
        path: PathBuf,
        source: io::Error,
    },
}

impl ApiError {
    /// Whether the same call may go well another time.
    pub fn is_transient(&self) -> bool {
        matches!(self.why, Why::Busy | Why::Lost | Why::Silent)
    }
}

impl Why {
    /// For `map_err` after using the file `path`.
    pub fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Disk { path, source }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.call)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the cloud is busy"),
            Self::Lost => f.write_str("the connection broke before the answer came"),
            Self::Silent => f.write_str("no answer came in time"),
            Self::Slow => {
                f.write_str("it did not become active in time; give it more with `--boot-within`")
            }
            Self::OverQuota { free } => write!(
                f,
                "the tenant has {free} cores left; ask for fewer, or remove a machine"
            ),
            Self::NoRoom { ram_max } => {
                write!(f, "no host has so much memory; ask for {ram_max} at most")
            }
            Self::Taken { kind, name } => write!(
                f,
                "the {kind} `{name}` belongs to somebody else; take another name"
            ),
            Self::InUse { by } => write!(f, "`{by}` uses it; remove that first"),
            Self::Gone { id } => write!(f, "`{id}` is gone; see who has removed it"),
            Self::Checkpoint(error) => fmt::Display::fmt(error, f),
            Self::Disk { path, .. } => write!(
                f,
                "the cloud cannot use its file `{}`; see to it, and start again",
                path.display()
            ),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.why)
    }
}

impl Error for Why {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // A message says what its own error says, so that the chain goes on behind that.
            Self::Checkpoint(error) => error.source(),
            Self::Disk { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<CheckpointError> for ApiError {
    fn from(error: CheckpointError) -> Self {
        Self {
            call: "record how far the server is".to_owned(),
            why: Why::Checkpoint(error),
        }
    }
}
