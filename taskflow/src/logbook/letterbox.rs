//! The holder's side of the inbox: which letters are to be applied, and what is done with the rest.
//!
//! A letter is applied by the one record of its run that carries its id, and its file is removed
//! once that record would survive a power cut. Until then the index knows the id, so that a file
//! that a crash has left is removed and not applied again.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::book::Book;
use super::disk::{self, Folder, Listed};
use super::letter::{Letter, LetterId};
use super::seal::open_letter;
use super::{Logbook, LogbookError, RunLog};

/// The ending of the files that are letters. What has another name is not looked at: it may be
/// half written, or belong to the operating system.
const LETTER: &str = "letter";

/// The ending of the file that says why a letter was refused.
const WHY: &str = "why";

/// The name of the file that a letter is in.
pub(super) fn file_name(letter: LetterId) -> OsString {
    format!("{letter}.{LETTER}").into()
}

/// The name of the file that says why the letter of this name was refused.
pub(super) fn why_name(letter: &OsStr) -> OsString {
    Path::new(letter).with_extension(WHY).into()
}

/// Where the letters are kept that were refused.
pub(super) fn refused(inbox: &Folder) -> Folder {
    inbox.inner("refused")
}

/// The inbox of a logbook that is open for writing.
pub(super) struct Letterbox {
    inbox: Folder,
    /// Held while somebody goes through the files, so that none is refused twice.
    sorting: Mutex<()>,
}

/// What is to become of a file.
enum Verdict {
    Apply(Letter),
    /// A record with this sequence number applies it.
    Applied(u64),
    Refuse(String),
    /// Another thread took it.
    Gone,
}

impl Letterbox {
    pub(super) fn new(folder: &Path) -> Letterbox {
        Letterbox {
            inbox: disk::inbox(folder),
            sorting: Mutex::new(()),
        }
    }

    /// The letters that are to be applied, in the order of posting. Puts away everything else.
    fn sort(&self, book: &Book) -> Result<Vec<Letter>, LogbookError> {
        // Nothing is guarded but the order, so that a panic of another leaves nothing broken.
        let _alone = self.sorting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut letters = Vec::new();
        for file in self.inbox.list(LETTER)? {
            match self.judge(&file, book)? {
                Verdict::Apply(letter) => letters.push(letter),
                Verdict::Applied(seq) => self.remove(&file.name, seq, book)?,
                Verdict::Refuse(why) => self.refuse(&file.name, &why)?,
                Verdict::Gone => {}
            }
        }
        Ok(letters)
    }

    fn judge(&self, file: &Listed, book: &Book) -> Result<Verdict, LogbookError> {
        let stem = Path::new(&file.name).file_stem().and_then(OsStr::to_str);
        let Some(id) = stem.and_then(|stem| stem.parse::<LetterId>().ok()) else {
            return Ok(Verdict::Refuse(
                "its name is not that of a letter".to_owned(),
            ));
        };
        if let Some(seq) = book.front().index.applied(id) {
            return Ok(Verdict::Applied(seq));
        }
        if !file.is_file {
            return Ok(Verdict::Refuse("it is not a file".to_owned()));
        }
        let read = self.inbox.open(&file.name);
        let letter = match read.and_then(|mut disk| Letter::read(&mut disk)) {
            Ok(Ok(letter)) => letter,
            Ok(Err(why)) => return Ok(Verdict::Refuse(why)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verdict::Gone),
            // It will not become readable by itself, and the others shall not wait for it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Ok(Verdict::Refuse(format!("it cannot be read ({error})")));
            }
            Err(error) => {
                let path = self.inbox.path().join(&file.name);
                return Err(LogbookError::io("read", &path)(error));
            }
        };
        if letter.id != id {
            return Ok(Verdict::Refuse(format!(
                "it holds the letter {}, which its name does not say",
                letter.id
            )));
        }
        if book.front().index.number(&letter.run).is_none() {
            return Ok(Verdict::Refuse(format!(
                "the logbook has no run `{}`",
                letter.run
            )));
        }
        Ok(match open_letter(book.sealer(), letter) {
            Ok(letter) => Verdict::Apply(letter),
            Err(why) => Verdict::Refuse(why),
        })
    }

    /// Removes a letter once the record that applies it, number `seq`, would survive what the file
    /// does.
    fn remove(&self, name: &OsStr, seq: u64, book: &Book) -> Result<(), LogbookError> {
        book.harden(seq)?;
        self.inbox.remove(name)
    }

    /// Puts a letter away that is not applied, and says why beside it.
    fn refuse(&self, name: &OsStr, why: &str) -> Result<(), LogbookError> {
        let refused = refused(&self.inbox);
        refused.create()?;
        let name = name.to_owned();
        let kept = unused(&refused, &name)?;
        let why = format!(
            "`{}` was not applied: {why}; see to that and post the request again\n",
            name.display()
        );
        // The reason comes first: where the letter is, it is too.
        let unique = LetterId::random().to_string();
        refused.put(&why_name(&kept), &unique, why.as_bytes())?;
        self.inbox.move_to(&name, &refused, &kept)
    }
}

/// `name`, or one like it if there is something of that name in the folder already.
fn unused(folder: &Folder, name: &OsStr) -> Result<OsString, LogbookError> {
    let mut unused = name.to_owned();
    while folder.has(&unused)? {
        unused = file_name(LetterId::random());
    }
    Ok(unused)
}

impl Logbook {
    /// Whether requests may come from other processes.
    pub(crate) fn has_letterbox(&self) -> bool {
        self.book.letterbox().is_some()
    }

    /// The letters in the inbox that are to be applied, in the order of posting.
    ///
    /// It costs one look at a folder if there are none, and keeps nobody from posting. A letter is
    /// listed until a record applies it or [`refuse`](Logbook::refuse) is called for it; another
    /// thread may apply one for its own run meanwhile. Files that are no letters, and letters for
    /// a run that has not begun, are moved to the folder `refused` of the inbox. A logbook in
    /// memory has no inbox.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the operating system refuses something, and
    /// [`LogbookError::Poisoned`] if a letter is there whose record may not be.
    pub(crate) fn letters(&self) -> Result<Vec<Letter>, LogbookError> {
        letters(&self.book)
    }

    /// Removes a letter whose request is appended to its run, in a record that
    /// [`request`](super::request) made with the letter's id. Writes and syncs that record first
    /// if it is not on the medium, whatever the durability.
    ///
    /// # Errors
    ///
    /// As a commit has them, and [`LogbookError::Io`] if the file cannot be removed. The letter
    /// will not be listed again all the same.
    ///
    /// # Panics
    ///
    /// If no record carries the letter's id.
    pub(crate) fn applied(&self, letter: &Letter) -> Result<(), LogbookError> {
        let seq = self.book.front().index.applied(letter.id);
        let seq = seq.expect("a letter is applied by a record that carries its id");
        match self.book.letterbox() {
            Some(letterbox) => letterbox.remove(&file_name(letter.id), seq, &self.book),
            None => Ok(()),
        }
    }

    /// Puts a letter away whose request cannot be applied. `why` is a clause, such as ``the run
    /// does not wait for a signal `approval` ``.
    ///
    /// # Errors
    ///
    /// [`LogbookError::Io`] if the operating system refuses something.
    pub(crate) fn refuse(&self, letter: &Letter, why: &str) -> Result<(), LogbookError> {
        match self.book.letterbox() {
            Some(letterbox) => letterbox.refuse(&file_name(letter.id), why),
            None => Ok(()),
        }
    }
}

impl RunLog {
    /// The letters for this run that are to be applied, as [`Logbook::letters`] lists them. Nobody
    /// else applies them, as long as the caller drives the run.
    ///
    /// # Errors
    ///
    /// As [`Logbook::letters`].
    pub(crate) fn letters(&self) -> Result<Vec<Letter>, LogbookError> {
        let mut letters = letters(self.book())?;
        letters.retain(|letter| letter.run == *self.id());
        Ok(letters)
    }
}

fn letters(book: &Book) -> Result<Vec<Letter>, LogbookError> {
    match book.letterbox() {
        Some(letterbox) => letterbox.sort(book),
        None => Ok(Vec::new()),
    }
}
