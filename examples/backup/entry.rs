//! One file, folder or link of the source: what is known of it without reading it.

use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file, folder or link.
///
/// Owners are not kept: only the superuser could give files away again. A file with several names
/// (hard links) is kept once for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the source; empty for the source itself.
    #[serde(with = "taskflow::os_bytes")]
    pub path: PathBuf,
    pub kind: Kind,
    /// The permission bits, `0o7777` at most.
    pub mode: u32,
    pub modified: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Folder,
    File {
        /// In bytes.
        size: u64,
    },
    /// A symbolic link, which is kept as it is and never followed.
    Link {
        #[serde(with = "taskflow::os_bytes")]
        to: PathBuf,
    },
}

/// A time of the file system: seconds since 1970, which may be negative, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    pub seconds: i64,
    pub nanos: u32,
}

/// What stands at a path.
pub enum Found {
    Entry(Entry),
    /// A socket, pipe or device: nothing that a backup could keep.
    Special,
    Nothing,
}

impl Entry {
    /// Looks at `root/path`, without following a link.
    pub fn look(root: &Path, path: PathBuf) -> io::Result<Found> {
        let full = root.join(&path);
        let found = full.symlink_metadata().and_then(|meta| {
            let to = meta.is_symlink().then(|| full.read_link()).transpose()?;
            Ok(Self::new(path, &meta, to))
        });
        match found {
            Ok(Some(entry)) => Ok(Found::Entry(entry)),
            Ok(None) => Ok(Found::Special),
            // `NotADirectory`: a folder above it has become a file.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(Found::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// The entry that `meta` and, for a link, `to` describe; nothing for a special file.
    pub fn new(path: PathBuf, meta: &Metadata, to: Option<PathBuf>) -> Option<Self> {
        let kind = match to {
            Some(to) => Kind::Link { to },
            None if meta.is_dir() => Kind::Folder,
            None if meta.is_file() => Kind::File { size: meta.len() },
            None => return None,
        };
        Some(Self {
            path,
            kind,
            mode: meta.mode() & 0o7777,
            modified: Time {
                seconds: meta.mtime(),
                nanos: u32::try_from(meta.mtime_nsec()).unwrap_or(0),
            },
        })
    }

    /// The size of a file, and 0 for all else.
    pub fn size(&self) -> u64 {
        match self.kind {
            Kind::File { size } => size,
            _ => 0,
        }
    }

    /// The path as it stands in an archive.
    pub fn archived(&self) -> &[u8] {
        match self.path.as_os_str().as_bytes() {
            b"" => b".",
            bytes => bytes,
        }
    }

    /// Whether the path stays below the folder that it is relative to.
    ///
    /// Paths from a manifest are checked before anything is written there.
    pub fn is_inside(&self) -> bool {
        let plain = self
            .path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        plain && !self.path.as_os_str().as_bytes().contains(&0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Entry {
        Entry {
            path: path.into(),
            kind: Kind::Folder,
            mode: 0o755,
            modified: Time {
                seconds: 0,
                nanos: 0,
            },
        }
    }

    #[test]
    fn only_paths_below_are_inside() {
        for path in ["", "a", "a/b", "...", "a\\..\\b"] {
            assert!(at(path).is_inside(), "{path}");
        }
        for path in ["/", "/a", "..", "a/../b", "./a", "a\0b"] {
            assert!(!at(path).is_inside(), "{path}");
        }
    }

    #[test]
    fn what_is_gone_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for path in ["gone", "gone/deeper", "file/below"] {
            let found = Entry::look(folder.path(), path.into()).unwrap();
            assert!(matches!(found, Found::Nothing), "{path}");
        }
    }
}
