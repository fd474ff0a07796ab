//! A logbook that is only looked at, while another process may write to it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::disk;
use super::index::Driven;
use super::scan::{Scan, Torn, scan};
use super::{Inbox, LogbookError, RunSummary};

/// How often a file is read that changes under the reader's eyes.
const ATTEMPTS: u32 = 3;

/// Reads a logbook as it is when it is opened, without a lock and without changing a byte of it.
///
/// ```no_run
/// use taskflow::logbook::LogbookReader;
///
/// for run in LogbookReader::open("orders.book")?.unfinished("checkout")? {
///     eprintln!("{} has been {} since {:?}", run.id, run.state, run.started);
/// }
/// # Ok::<(), taskflow::logbook::LogbookError>(())
/// ```
pub struct LogbookReader {
    folder: PathBuf,
    scan: Scan,
}

impl LogbookReader {
    /// Reads the logbook in the folder `path`.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if there is none or it may not be read, and
    /// [`LogbookError::Damaged`] or [`LogbookError::OtherVersion`] if the file cannot be read as a
    /// logbook.
    pub fn open(path: impl AsRef<Path>) -> Result<LogbookReader, LogbookError> {
        let folder = path.as_ref().to_owned();
        let scan = read(&folder)?;
        Ok(LogbookReader { folder, scan })
    }

    /// Every run, in the order in which they began.
    ///
    /// A run that nothing has ended is `Running` as long as somebody has the logbook open for
    /// writing, unless its records say that it only waits.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if that cannot be found out.
    pub fn runs(&self) -> Result<Vec<RunSummary>, LogbookError> {
        let held = if disk::is_held(&self.folder)? {
            Driven::Works
        } else {
            Driven::No
        };
        Ok(self
            .scan
            .index
            .runs()
            .map(|(_, run)| run.summary(held, self.scan.seq))
            .collect())
    }

    /// The runs of the flow that are not at their end, in the order in which they began.
    ///
    /// # Errors
    ///
    /// As [`runs`](LogbookReader::runs).
    pub fn unfinished(&self, flow: &str) -> Result<Vec<RunSummary>, LogbookError> {
        Ok(super::unfinished(self.runs()?, flow))
    }

    /// Whether the logbook is sealed; see [`LogbookOptions::seal`](super::LogbookOptions::seal). What
    /// is told here is readable all the same.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.scan.index.seal().is_some()
    }

    /// Where requests for the runs of this logbook are left. Of a sealed one say
    /// [`seal`](Inbox::seal) to post values.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        Inbox::at(&self.folder)
    }

    /// The end of the file, if it is not whole: left by a crash, or in the middle of being written.
    #[must_use]
    pub fn torn(&self) -> Option<&Torn> {
        self.scan.torn.as_ref()
    }
}

impl fmt::Debug for LogbookReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogbookReader")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Reads the file. A writer that cuts off a torn end and appends anew may show a mixture of both;
/// that passes, where damage stays.
fn read(folder: &Path) -> Result<Scan, LogbookError> {
    let mut attempt = 1;
    loop {
        let mut file = disk::open_read_only(folder)?;
        match scan(&mut file, &disk::log_path(folder)) {
            Err(_) if attempt < ATTEMPTS && disk::is_held(folder)? => attempt += 1,
            result => return result,
        }
    }
}
