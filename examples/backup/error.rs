//! What can go wrong in a backup, in words that say what to do.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a backup or a restore stopped.
#[derive(Debug)]
pub enum Error {
    /// A file or folder of the source, or of a backup, could not be read.
    Read { path: PathBuf, source: io::Error },
    /// Something in the target could not be written.
    Write { path: PathBuf, source: io::Error },
    /// A file was written by others each time that it was read.
    Changed { path: PathBuf },
    /// The files of a backup are not as they were written.
    Damaged { path: PathBuf, what: String },
    /// The target or the source is not one that can be used; the text says why.
    Place(String),
    /// A person asked to stop.
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// For `map_err` after reading from `path`.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    /// For `map_err` after writing to `path`.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }

    pub fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            what: what.into(),
        }
    }
}

/// `{}` is what is wrong and what to do, `{:#}` adds what the system said.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(
                f,
                "cannot read `{}`; {}",
                Shown(path),
                match source.kind() {
                    io::ErrorKind::PermissionDenied =>
                        "make it readable for you and start again, or leave it out with \
                         `--exclude` and a new TARGET",
                    io::ErrorKind::InvalidFilename =>
                        "its path is too long for the system: move it up and start again, or \
                         leave it out with `--exclude` and a new TARGET",
                    io::ErrorKind::NotFound =>
                        "bring it back and start again, or make a new backup in another folder",
                    _ => "see to the disk that holds it, and start again",
                }
            )?,
            Self::Write { path, source } => write!(
                f,
                "cannot write `{}`; {}",
                Shown(path),
                match source.kind() {
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem =>
                        "make its folder writable for you, and start again",
                    io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge =>
                        "make room there, or choose another target, and start again",
                    io::ErrorKind::NotFound =>
                        "its folder is gone: bring it back and start again, or use another TARGET",
                    _ => "see to the disk that holds it, and start again",
                }
            )?,
            Self::Changed { path } => write!(
                f,
                "`{}` changed each time it was read; stop what writes to it and start again, or \
                 leave it out with `--exclude` and a new TARGET",
                Shown(path)
            )?,
            Self::Damaged { path, what } => write!(
                f,
                "`{}` is damaged: {what}; take it from a copy of the backup, or make a new backup in \
                 another folder",
                Shown(path)
            )?,
            Self::Place(text) => f.write_str(text)?,
            Self::Interrupted => f.write_str("interrupted")?,
        }
        match self.source() {
            Some(source) if f.alternate() => write!(f, ": {source}"),
            _ => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A path as it may be shown on a terminal: control characters, and bytes that are not UTF-8, are
/// escaped.
///
/// A name comes from anywhere, and must not be able to move the cursor.
pub struct Shown<'a>(pub &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.as_os_str().is_empty() {
            return f.write_str(".");
        }
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() {
                    write!(f, "{}", letter.escape_default())?;
                } else {
                    write!(f, "{letter}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let path = Path::new(OsStr::from_bytes(b"a\x1b[2J\xe9\n"));
        assert_eq!(Shown(path).to_string(), "a\\u{1b}[2J\\xe9\\n");
    }

    #[test]
    fn a_full_disk_is_named_with_the_cure() {
        let error = Error::write(Path::new("/t/x"))(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(
            error.to_string(),
            "cannot write `/t/x`; make room there, or choose another target, and start again"
        );
        assert!(format!("{error:#}").ends_with("start again: no storage space"));
    }
}
