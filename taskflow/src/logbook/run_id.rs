//! The id of a run: short, printable, safe in a file name, and cheap to clone.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest id that a run can have, in characters.
const CHARACTERS_MAX: usize = 64;

/// Names one run, now and after a restart.
///
/// An id is 1 to 64 characters long; each is an ASCII letter, a digit or one of `-_.:@+=`.
/// Take one that means something to the caller (`order-4711`), so that asking twice for the same
/// work finds the same run, or [`RunId::random`] where nothing does.
///
/// ```
/// use taskflow::logbook::RunId;
///
/// let id: RunId = "order-4711".parse()?;
/// assert_eq!(id.as_ref(), "order-4711");
/// assert!(RunId::new("order 4711").is_err());
/// # Ok::<(), taskflow::logbook::InvalidRunId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Arc<str>);

impl RunId {
    /// Checks `id` and makes a run id of it.
    ///
    /// # Errors
    ///
    /// [`InvalidRunId`] if `id` is empty, longer than 64 characters, or holds a character that is
    /// none of the allowed ones.
    pub fn new(id: impl Into<String>) -> Result<RunId, InvalidRunId> {
        let id = id.into();
        match fault(&id) {
            None => Ok(RunId(id.into())),
            Some(fault) => Err(InvalidRunId { id, fault }),
        }
    }

    /// A new id that no other run has: a UUID of version 7, so that ids sort by time.
    #[must_use]
    pub fn random() -> RunId {
        RunId(uuid::Uuid::now_v7().to_string().into())
    }
}

/// A UUID of version 7: unique, and sorted by time.
pub(super) fn uuid() -> [u8; 16] {
    uuid::Uuid::now_v7().into_bytes()
}

fn fault(id: &str) -> Option<Fault> {
    if id.is_empty() {
        return Some(Fault::Empty);
    }
    if id.chars().count() > CHARACTERS_MAX {
        return Some(Fault::Long);
    }
    id.chars().find(|&c| !is_allowed(c)).map(Fault::Character)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.:@+=".contains(c)
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({})", self.0)
    }
}

impl AsRef<str> for RunId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(id: &str) -> Result<RunId, InvalidRunId> {
        RunId::new(id)
    }
}

impl TryFrom<&str> for RunId {
    type Error = InvalidRunId;

    fn try_from(id: &str) -> Result<RunId, InvalidRunId> {
        RunId::new(id)
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(id: String) -> Result<RunId, InvalidRunId> {
        RunId::new(id)
    }
}

impl TryFrom<&String> for RunId {
    type Error = InvalidRunId;

    fn try_from(id: &String) -> Result<RunId, InvalidRunId> {
        RunId::new(id)
    }
}

impl From<&RunId> for RunId {
    fn from(id: &RunId) -> RunId {
        id.clone()
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
        RunId::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A text that cannot be the id of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRunId {
    id: String,
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Empty,
    Long,
    Character(char),
}

impl fmt::Display for InvalidRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hostile id may be long: the message shows its beginning.
        let shown: String = self.id.chars().take(CHARACTERS_MAX).collect();
        match self.fault {
            Fault::Empty => write!(f, "a run id is empty")?,
            Fault::Long => write!(f, "the run id that begins with {shown:?} is too long")?,
            Fault::Character(c) => write!(f, "the run id {shown:?} holds {c:?}")?,
        }
        write!(
            f,
            "; use 1 to {CHARACTERS_MAX} letters, digits or any of `-_.:@+=`"
        )
    }
}

impl std::error::Error for InvalidRunId {}

/// For a [`RunId`] that is given where a text is checked: it is one already.
impl From<Infallible> for InvalidRunId {
    fn from(never: Infallible) -> InvalidRunId {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::RunId;

    #[test]
    fn takes_letters_digits_and_a_few_signs() {
        for id in ["a", "order-4711", "A_b.c:d@e+f=0", &"x".repeat(64)] {
            assert_eq!(RunId::new(id).unwrap().to_string(), id);
        }
    }

    #[test]
    fn says_what_is_wrong_and_what_to_write() {
        let check = |id: &str, message: &str| {
            assert_eq!(RunId::new(id).unwrap_err().to_string(), message);
        };
        let cure = "use 1 to 64 letters, digits or any of `-_.:@+=`";
        check("", &format!("a run id is empty; {cure}"));
        check("a b", &format!("the run id \"a b\" holds ' '; {cure}"));
        check("../x", &format!("the run id \"../x\" holds '/'; {cure}"));
        check(
            "\u{fc}",
            &format!("the run id \"\u{fc}\" holds '\u{fc}'; {cure}"),
        );
        let x64 = "x".repeat(64);
        check(
            &"x".repeat(65),
            &format!("the run id that begins with \"{x64}\" is too long; {cure}"),
        );
    }

    #[test]
    fn random_ids_are_valid_and_sort_by_time() {
        let ids: Vec<RunId> = (0..100).map(|_| RunId::random()).collect();
        assert!(ids.is_sorted());
        for id in ids {
            assert_eq!(RunId::new(id.to_string()), Ok(id));
        }
    }
}
