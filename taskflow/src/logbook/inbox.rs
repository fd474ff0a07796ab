//! What another process asks of the runs of a logbook that it does not hold.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::disk::{self, Folder};
use super::letter::{Ask, Letter, Told, Value};
use super::letterbox::{file_name, refused, why_name};
use super::scan::is_sealed;
use super::seal::{Seal, Sealer};
use super::{Bytes, EncodeError, LetterId, LogbookError, RunId, codec};

/// Leaves requests for the runs of a logbook that another process holds open, or that nobody does.
///
/// A request is a letter, a small file in the folder `inbox` of the logbook. Posting it does not
/// wait for anything: the letter is on the medium when the call returns, and the holder of the
/// logbook applies it when it next looks, exactly once even if it is killed meanwhile. While a run
/// waits, its driver looks every 200 ms; while tasks run, between one task and the next, and at
/// most every 50 ms. Letters of one poster are applied in the order in which they were posted.
/// If nobody holds the logbook, letters wait for the next holder.
///
/// What became of a letter:
///
/// - [`is_pending`](Inbox::is_pending) is true until the holder has taken it;
/// - [`refusal`](Inbox::refusal) says why, if it was not applied: there is no such run, the run
///   cannot do what is asked, or the letter came damaged;
/// - else it was applied, which is recorded with the run.
///
/// The run must have begun. Who may write to the folder `inbox` may post, and nobody else: on Unix
/// the user that made the logbook. A letter is for its owner alone too, so that the holder of the
/// logbook refuses one of another user, which it cannot read.
///
/// Every method that posts fails with [`LogbookError::Io`] if there is no logbook or this process
/// may not write to its inbox, and with [`LogbookError::TooLarge`] if a value does not fit into a
/// record. One that posts a value fails with [`LogbookError::Sealed`] or
/// [`LogbookError::NotSealed`] if the logbook is sealed and [`seal`](Inbox::seal) was not called, or
/// the other way round. If the last step fails, which syncs the folder, the letter is there all the
/// same: see what becomes of the run before posting it a second time, which asks a second time.
///
/// ```
/// use taskflow::logbook::{Inbox, Logbook, RunId};
///
/// # let folder = std::env::temp_dir().join(format!("inbox-{}.book", std::process::id()));
/// # let book = Logbook::open(&folder)?;
/// let inbox = Inbox::at(&folder);
/// let letter = inbox.signal_json(&RunId::new("order-4711")?, "approval", r#"{"by": "eve"}"#)?;
/// assert!(inbox.is_pending(letter)?);
/// # drop(book);
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Inbox {
    book: PathBuf,
    folder: Folder,
    sealer: Option<Sealer>,
}

impl Inbox {
    /// The inbox of the logbook in the folder `book`, which need not be open.
    #[must_use]
    pub fn at(book: impl AsRef<Path>) -> Inbox {
        Inbox {
            folder: disk::inbox(book.as_ref()),
            book: book.as_ref().to_owned(),
            sealer: None,
        }
    }

    /// Seals the values that are posted, as the logbook is sealed; see
    /// [`LogbookOptions::seal`](super::LogbookOptions::seal). What is asked without a value needs
    /// none.
    #[must_use]
    pub fn seal(mut self, seal: impl Seal + 'static) -> Inbox {
        self.sealer = Some(Sealer::new(seal));
        self
    }

    /// Asks the run to stop and to stay so: running tasks finish and are recorded, nothing new is
    /// started, and the run is not taken up by itself.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn suspend(&self, run: &RunId) -> Result<LetterId, LogbookError> {
        self.post(run, Ask::Suspend)
    }

    /// Asks the run to end where it is, and to keep what it has done.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn cancel(&self, run: &RunId) -> Result<LetterId, LogbookError> {
        self.post(run, Ask::Cancel { revert: false })
    }

    /// Asks the run to end, and to undo what it has done.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn cancel_and_revert(&self, run: &RunId) -> Result<LetterId, LogbookError> {
        self.post(run, Ask::Cancel { revert: true })
    }

    /// Asks a run that failed or was suspended to go on from where it is.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn rerun(&self, run: &RunId) -> Result<LetterId, LogbookError> {
        self.post(run, Ask::Rerun)
    }

    /// Asks a run that is not under way to undo what is in place.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn revert(&self, run: &RunId) -> Result<LetterId, LogbookError> {
        self.post(run, Ask::Revert)
    }

    /// Gives the run what it waits for under `name`. `value` must be of the very type that the
    /// flow says; [`signal_json`](Inbox::signal_json) is for who does not have that.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Encode`] if the value cannot be stored, and [`LogbookError::Io`] if the
    /// letter cannot be written.
    pub fn signal<T: Serialize + DeserializeOwned>(
        &self,
        run: &RunId,
        name: &str,
        value: &T,
    ) -> Result<LetterId, LogbookError> {
        let (name, value) = (name.to_owned(), encoded(value)?);
        self.post(run, Ask::Signal { name, value })
    }

    /// Gives the run what it waits for under `name`, as JSON. The letter is refused if that is not
    /// a value of the type that the flow says.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn signal_json(
        &self,
        run: &RunId,
        name: &str,
        json: &str,
    ) -> Result<LetterId, LogbookError> {
        let (name, value) = (name.to_owned(), Value::Json(json.to_owned()));
        self.post(run, Ask::Signal { name, value })
    }

    /// Says that a task of which nobody knows did not happen: it is to run. `task` is its path in
    /// the flow, such as `provision/attach`.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn resolve_rerun(&self, run: &RunId, task: &str) -> Result<LetterId, LogbookError> {
        self.resolve(run, task, Told::Rerun)
    }

    /// Says that a task of which nobody knows happened and provides `value`, which must be of the
    /// very type that it returns; `&()` for one that provides nothing.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Encode`] if the value cannot be stored, and [`LogbookError::Io`] if the
    /// letter cannot be written.
    pub fn resolve_done<T: Serialize + DeserializeOwned>(
        &self,
        run: &RunId,
        task: &str,
        value: &T,
    ) -> Result<LetterId, LogbookError> {
        self.resolve(run, task, Told::Done(encoded(value)?))
    }

    /// Says that a task of which nobody knows happened, and provides this as JSON; `null` for one
    /// that provides nothing.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn resolve_done_json(
        &self,
        run: &RunId,
        task: &str,
        json: &str,
    ) -> Result<LetterId, LogbookError> {
        self.resolve(run, task, Told::Done(Value::Json(json.to_owned())))
    }

    /// Says that a task of which nobody knows counts as failed.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the letter cannot be written.
    pub fn resolve_failed(&self, run: &RunId, task: &str) -> Result<LetterId, LogbookError> {
        self.resolve(run, task, Told::Fail)
    }

    /// Whether nobody has taken the letter yet.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if that cannot be found out.
    pub fn is_pending(&self, letter: LetterId) -> Result<bool, LogbookError> {
        self.folder.has(&file_name(letter))
    }

    /// Why the letter was refused, or `None` if it was not. Once it is not pending any more, that
    /// is the answer for good.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if that cannot be found out.
    pub fn refusal(&self, letter: LetterId) -> Result<Option<String>, LogbookError> {
        let (refused, name) = (refused(&self.folder), file_name(letter));
        if !refused.has(&name)? {
            return Ok(None);
        }
        let why = refused.text(&why_name(&name))?.unwrap_or_default();
        Ok(Some(why.trim_end().to_owned()))
    }

    fn resolve(&self, run: &RunId, task: &str, answer: Told) -> Result<LetterId, LogbookError> {
        let task = task.to_owned();
        self.post(run, Ask::Resolve { task, answer })
    }

    fn post(&self, run: &RunId, ask: Ask) -> Result<LetterId, LogbookError> {
        let (id, run) = (LetterId::random(), run.clone());
        let mut letter = Letter { id, run, ask };
        if letter.has_value() {
            letter = self.sealed(letter)?;
        }
        let bytes = letter.to_bytes()?;
        self.folder.put(&file_name(id), &id.to_string(), &bytes)?;
        Ok(id)
    }
}

impl Inbox {
    /// A letter with a value as it is posted. A value for a sealed logbook never gets to the medium
    /// as it is, not even to be refused.
    fn sealed(&self, letter: Letter) -> Result<Letter, LogbookError> {
        let file = disk::log_path(&self.book);
        let mut disk = disk::open_read_only(&self.book)?;
        match (&self.sealer, is_sealed(&mut disk, &file)?) {
            (None, false) => Ok(letter),
            (Some(sealer), true) => sealer.letter(letter),
            (None, true) => Err(LogbookError::Sealed { file }),
            (Some(_), false) => Err(LogbookError::NotSealed { file }),
        }
    }
}

fn encoded<T: Serialize + DeserializeOwned>(value: &T) -> Result<Value, EncodeError> {
    let mut bytes = Vec::new();
    codec::encode_checked(value, &mut bytes)?;
    Ok(Value::Bincode(Bytes(bytes)))
}
