//! How a logbook is opened: when it writes, and how long it waits for another holder.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::names::{UnknownName, find};
use super::seal::{Seal, Sealer};
use super::{Disk, Logbook, LogbookError, disk};

/// When a change counts as recorded, and so which faults it survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Durability {
    /// When it is on the medium: it survives a power cut.
    #[default]
    Synced,
    /// A moment after it has happened, behind the run, which does not wait for it: what is told to
    /// others waits, that is the end of a run, what it waits for, the answer to a request, and that
    /// a run was started.
    ///
    /// A crash, also of the process alone, may lose the last milliseconds of a run that is under
    /// way. Tasks of that time may have run without the logbook's knowing of it, and run again when
    /// the run goes on, whatever their [`on_unknown`](crate::guide#on_unknown-after-a-crash) says:
    /// this is for flows whose tasks may run twice, and are short. Listeners of this process are
    /// told at once, and may have heard of what is lost.
    Pipelined,
    /// When the operating system has it: it survives the end of the process, however that ends,
    /// and not a power cut.
    Os,
    /// At once: it survives nothing. The end of a run is handed to the operating system, as is
    /// everything when the logbook is dropped.
    Never,
}

const NAMES: [(Durability, &str); 4] = [
    (Durability::Synced, "synced"),
    (Durability::Pipelined, "pipelined"),
    (Durability::Os, "os"),
    (Durability::Never, "never"),
];

impl Durability {
    /// Whether what counts is on the medium.
    pub(super) fn syncs(self) -> bool {
        matches!(self, Durability::Synced | Durability::Pipelined)
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(NAMES[*self as usize].1)
    }
}

impl FromStr for Durability {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Durability, UnknownName> {
        find(name, "durability", &NAMES)
    }
}

/// How to open a logbook; [`Logbook::options`] makes one.
#[derive(Debug, Clone)]
#[must_use = "nothing is opened until `open` is called"]
pub struct LogbookOptions {
    folder: PathBuf,
    durability: Durability,
    wait: Duration,
    sealer: Option<Sealer>,
}

impl LogbookOptions {
    pub(super) fn new(folder: PathBuf) -> LogbookOptions {
        LogbookOptions {
            folder,
            durability: Durability::default(),
            wait: Duration::ZERO,
            sealer: None,
        }
    }

    /// When a change counts as recorded. [`Durability::Synced`] unless this says otherwise.
    pub fn durability(mut self, durability: Durability) -> LogbookOptions {
        self.durability = durability;
        self
    }

    /// How long to wait for another holder of the logbook to end, for deployments that overlap.
    /// Not at all unless this says otherwise.
    pub fn wait_for_lock(mut self, wait: Duration) -> LogbookOptions {
        self.wait = wait;
        self
    }

    /// Seals what is recorded of users, so that who has the files does not have it: inputs, values,
    /// checkpoints, the texts of failures, and values that others give a run.
    ///
    /// What the logbook lists and finds records by stays readable for everybody who may read the
    /// files: the ids, flows, labels, states and times of runs, the plans with the names of their
    /// tasks, how many items there are, and how long each value is. So put nothing secret into an
    /// id or a label. Who may write the files can still leave records out, or bring an older one of
    /// the same task back.
    ///
    /// A logbook is sealed when it is made, or never, and then always needs its seal. An
    /// [`Inbox`](super::Inbox) needs it too; a [`LogbookReader`](super::LogbookReader) lists runs
    /// without it.
    ///
    #[cfg_attr(feature = "seal", doc = "```")]
    #[cfg_attr(not(feature = "seal"), doc = "```ignore")]
    /// use taskflow::logbook::{Aead, Inbox, Logbook, RunId};
    ///
    /// # let folder = std::env::temp_dir().join(format!("sealed-{}.book", std::process::id()));
    /// # let key = Aead::random_key()?;
    /// let book = Logbook::options(&folder).seal(Aead::new(&key)).open()?;
    /// let inbox = Inbox::at(&folder).seal(Aead::new(&key));
    /// inbox.signal_json(&RunId::new("order-4711")?, "pin", "4711")?;
    /// # drop(book);
    /// assert!(Logbook::open(&folder).is_err());
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal(mut self, seal: impl Seal + 'static) -> LogbookOptions {
        self.sealer = Some(Sealer::new(seal));
        self
    }

    /// Opens the logbook, and makes it if it is not there.
    ///
    /// On Unix the folders and files that it makes, then or later, are for their owner alone (0700
    /// and 0600). A folder that is there stays as it is: make it beforehand to have it otherwise.
    ///
    /// What a crash cut off at the end of the file is dropped, and reported by
    /// [`Logbook::torn`].
    ///
    /// # Errors
    ///
    /// [`LogbookError::Locked`] if another holder has it open and goes on to,
    /// [`LogbookError::Damaged`] or [`LogbookError::OtherVersion`] if the file cannot be read as
    /// a logbook, [`LogbookError::Sealed`], [`LogbookError::NotSealed`] or
    /// [`LogbookError::WrongSeal`] if it is not sealed with what [`seal`](LogbookOptions::seal) was
    /// given, in which case nothing of it is changed, and [`LogbookError::Io`] if the operating
    /// system refuses something.
    pub fn open(self) -> Result<Logbook, LogbookError> {
        self.open_through(|disk| disk)
    }

    /// Opens the logbook with its file behind a disk of the caller's own, which may stop or fail
    /// at any call.
    ///
    /// # Errors
    ///
    /// As [`open`](LogbookOptions::open).
    #[doc(hidden)]
    pub fn open_through(
        self,
        wrap: impl FnOnce(Box<dyn Disk>) -> Box<dyn Disk>,
    ) -> Result<Logbook, LogbookError> {
        let (disk, lock) = disk::open(&self.folder, self.wait)?;
        let file = disk::log_path(&self.folder);
        let (disk, lock) = (wrap(Box::new(disk)), Some(lock));
        Logbook::on(disk, file, self.durability, lock, self.sealer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Durability, NAMES};

    #[test]
    fn names_lead_back_to_their_durability() {
        for (durability, name) in NAMES {
            assert_eq!(durability.to_string(), name);
            assert_eq!(name.parse(), Ok(durability));
        }
        assert_eq!(
            "always".parse::<Durability>().unwrap_err().to_string(),
            "`always` is no durability; use one of `synced`, `pipelined`, `os`, `never`"
        );
    }
}
