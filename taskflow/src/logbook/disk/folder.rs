//! A folder of small files that appear whole and are taken away: what letters are left in.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{FileDisk, create_folder, owner, sync_folder};
use crate::logbook::LogbookError;

/// The ending of files that are being written; nobody looks at them.
const UNFINISHED: &str = "tmp";

/// A folder, whether it is there or not.
#[derive(Debug, Clone)]
pub(in crate::logbook) struct Folder(PathBuf);

/// A file, as the list of the folder says.
pub(in crate::logbook) struct Listed {
    pub(in crate::logbook) name: OsString,
    /// Whether it is a file, and not a folder, a link or anything else.
    pub(in crate::logbook) is_file: bool,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Folder {
        Folder(path)
    }

    /// The folder of this name in this one.
    pub(in crate::logbook) fn inner(&self, name: &str) -> Folder {
        Folder(self.0.join(name))
    }

    pub(in crate::logbook) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder if it is not there.
    pub(in crate::logbook) fn create(&self) -> Result<(), LogbookError> {
        create_folder(&self.0)
    }

    /// Puts a file there that is whole as soon as it can be seen under its name, and that survives
    /// a power cut once this returns. `unique` names it until then.
    pub(in crate::logbook) fn put(
        &self,
        name: &OsStr,
        unique: &str,
        bytes: &[u8],
    ) -> Result<(), LogbookError> {
        let unfinished = self.0.join(unique).with_extension(UNFINISHED);
        let put = write_synced(&unfinished, bytes)
            .and_then(|()| fs::rename(&unfinished, self.0.join(name)));
        if put.is_err() {
            // What is left of it is in nobody's way if it cannot be removed either.
            let _ = fs::remove_file(&unfinished);
        }
        put.map_err(LogbookError::io("write to", &self.0))?;
        sync_folder(&self.0)
    }

    /// The files that end in `.{ending}`, sorted by name; none if there is no such folder.
    pub(in crate::logbook) fn list(&self, ending: &str) -> Result<Vec<Listed>, LogbookError> {
        let refused = |error| LogbookError::io("read", &self.0)(error);
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(refused)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(refused)?;
            let name = entry.file_name();
            if Path::new(&name).extension() != Some(OsStr::new(ending)) {
                continue;
            }
            let is_file = match entry.file_type() {
                Ok(kind) => kind.is_file(),
                // It was taken away meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(refused(error)),
            };
            found.push(Listed { name, is_file });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Whether there is something of this name.
    pub(in crate::logbook) fn has(&self, name: &OsStr) -> Result<bool, LogbookError> {
        let path = self.0.join(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(LogbookError::io("look at", &path)(error)),
        }
    }

    /// Opens a file for reading.
    pub(in crate::logbook) fn open(&self, name: &OsStr) -> io::Result<FileDisk> {
        File::open(self.0.join(name)).and_then(FileDisk::new)
    }

    /// The text in a file, or `None` if it is not there.
    pub(in crate::logbook) fn text(&self, name: &OsStr) -> Result<Option<String>, LogbookError> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogbookError::io("read", &path)(error)),
        }
    }

    /// Moves what has this name to another folder, where nothing has the other name. It is no
    /// error if it is not here any more.
    pub(in crate::logbook) fn move_to(
        &self,
        name: &OsStr,
        folder: &Folder,
        new_name: &OsStr,
    ) -> Result<(), LogbookError> {
        let path = self.0.join(name);
        match fs::rename(&path, folder.0.join(new_name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            moved => moved.map_err(LogbookError::io("move", &path))?,
        }
        sync_folder(&folder.0)?;
        sync_folder(&self.0)
    }

    /// Removes a file. It is no error if it is not there any more; a power cut may bring it back.
    pub(in crate::logbook) fn remove(&self, name: &OsStr) -> Result<(), LogbookError> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(LogbookError::io("remove", &path)),
        }
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = owner::file().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
