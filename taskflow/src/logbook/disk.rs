//! Where bytes are kept; nothing else names the file system.

mod folder;
mod owner;

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::LogbookError;

pub(super) use self::folder::{Folder, Listed};

/// A row of bytes that grows at its end: all that a logbook asks of a disk.
///
/// After a failed `append` or `sync` the logbook writes nothing more to the disk, so that an
/// implementation may leave any part of the bytes behind.
pub trait Disk: Send {
    /// How many bytes there are.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn len(&mut self) -> io::Result<u64>;

    /// Whether there are no bytes.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn is_empty(&mut self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `bytes` with those from `offset` on.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if there are too few, or what the medium says.
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Puts all of `bytes` behind the last one.
    ///
    /// # Errors
    ///
    /// What the medium says; a part of `bytes` may have been put there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Drops everything from `len` on.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Returns once everything appended and dropped so far would survive a power cut.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn sync(&mut self) -> io::Result<()>;
}

/// A disk in memory. Clones share the bytes, so that they can be looked at and opened again.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Vec<u8>>>);

impl MemoryDisk {
    /// A disk that holds `bytes`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(bytes)))
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        // Every change is one call on the vector, which is whole whatever happened to a thread.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn len(&mut self) -> io::Result<u64> {
        Ok(self.lock().len() as u64)
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let all = self.lock();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(bytes.len());
        bytes.copy_from_slice(all.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.lock().extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.lock()
            .truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is a file.
pub(super) struct FileDisk {
    file: File,
    len: u64,
    /// Where the file's cursor stands, if that is known.
    cursor: Option<u64>,
}

impl FileDisk {
    fn new(file: File) -> io::Result<FileDisk> {
        Ok(FileDisk {
            len: file.metadata()?.len(),
            file,
            cursor: None,
        })
    }

    /// Does `work` with the cursor at `offset`; it moves the cursor by `len` if it succeeds.
    fn at(
        &mut self,
        offset: u64,
        len: usize,
        work: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.cursor.take() != Some(offset) {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        work(&mut self.file)?;
        self.cursor = Some(offset + len as u64);
        Ok(())
    }
}

impl Disk for FileDisk {
    fn len(&mut self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.at(offset, bytes.len(), |file| file.read_exact(bytes))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at(self.len, bytes.len(), |file| file.write_all(bytes))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.len = len;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        // The length is part of what `fdatasync` keeps; the times of the file need not survive.
        self.file.sync_data()
    }
}

/// The names in the folder of a logbook.
const LOG: &str = "00000001.log";
const LOCK: &str = "lock";
const INBOX: &str = "inbox";

/// The file that holds the records of the logbook in `folder`.
pub(super) fn log_path(folder: &Path) -> PathBuf {
    folder.join(LOG)
}

/// Where other processes leave letters for the logbook in `folder`.
pub(super) fn inbox(folder: &Path) -> Folder {
    Folder::new(folder.join(INBOX))
}

/// Opens the logbook in `folder` for writing, and makes what is missing of it, for its owner alone.
pub(super) fn open(folder: &Path, wait: Duration) -> Result<(FileDisk, Lock), LogbookError> {
    create_folder(folder)?;
    let lock = Lock::take(folder, wait)?;
    let path = log_path(folder);
    let disk = owner::file()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .and_then(FileDisk::new)
        .map_err(LogbookError::io("open", &path))?;
    // The holder makes it, so that it may take away what others leave there.
    inbox(folder).create()?;
    // The names of the file and of the folders must survive a power cut as the bytes do. A process
    // before this one may have made them and been killed before it got here.
    sync_folder(folder)?;
    sync_folder(parent(folder))?;
    Ok((disk, lock))
}

/// Opens the records of the logbook in `folder` for reading alone.
pub(super) fn open_read_only(folder: &Path) -> Result<FileDisk, LogbookError> {
    let path = log_path(folder);
    File::open(&path)
        .and_then(FileDisk::new)
        .map_err(LogbookError::io("open", &path))
}

/// Whether somebody has the logbook in `folder` open for writing.
pub(super) fn is_held(folder: &Path) -> Result<bool, LogbookError> {
    let path = folder.join(LOCK);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(LogbookError::io("open", &path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(LogbookError::io("lock", &path)(error)),
    }
}

/// The right to write to a logbook, which one holder has at a time; dropping it gives it back.
///
/// The operating system gives it back too when the process ends, however it ends. The file stays:
/// a lock file that is removed lets two holders lock two files of the same name.
pub(super) struct Lock {
    folder: PathBuf,
    _file: File,
}

impl Lock {
    /// Readers hold the lock for a moment to see whether a writer does; nobody is refused for that.
    const GRACE: Duration = Duration::from_millis(200);
    const PAUSE: Duration = Duration::from_millis(5);

    /// The folder of the logbook.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn take(folder: &Path, wait: Duration) -> Result<Lock, LogbookError> {
        let path = folder.join(LOCK);
        let file = owner::file()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LogbookError::io("open", &path))?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    return Ok(Lock {
                        folder: folder.into(),
                        _file: file,
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(LogbookError::io("lock", &path)(error));
                }
                Err(TryLockError::WouldBlock) if begun.elapsed() < wait.max(Lock::GRACE) => {
                    thread::sleep(Lock::PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(LogbookError::Locked {
                        path: folder.into(),
                    });
                }
            }
        }
    }
}

/// Makes `folder` and the folders that it is in, where they are missing, outermost first.
fn create_folder(folder: &Path) -> Result<(), LogbookError> {
    if folder.is_dir() {
        return Ok(());
    }
    let outer = parent(folder);
    if outer != folder {
        create_folder(outer)?;
    }
    match owner::make_folder(folder) {
        // Another process may make it at the same time.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(LogbookError::io("create", folder)),
    }?;
    sync_folder(outer)
}

/// The folder that `path` is in; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Returns once the names in `folder` would survive a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), LogbookError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(LogbookError::io("sync the folder", folder))
}

/// Other systems keep names on their own, and open no folder as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), LogbookError> {
    Ok(())
}
