//! A letter: what another process asks of a run, as it lies in the inbox of a logbook.

use std::fmt;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::book::check_size;
use super::disk::Disk;
use super::frame::{self, HEADER, is_sealed, seal, u32_at};
use super::run_id::uuid;
use super::{Bytes, LogbookError, RunId, codec};

/// What a letter begins with.
const MAGIC: &[u8; 8] = b"tfletter";

/// The version of the format of letters.
const VERSION: u32 = 0;

/// The size of a letter's id, in bytes.
pub(super) const ID: usize = 16;

/// Names one letter, so that it is applied once and can be asked about.
///
/// It is a UUID of version 7, written as 32 hexadecimal digits: ids sort by the time of posting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LetterId([u8; ID]);

impl LetterId {
    /// A new id that no other letter has.
    pub(super) fn random() -> LetterId {
        LetterId(uuid())
    }

    pub(super) fn from_bytes(bytes: [u8; ID]) -> LetterId {
        LetterId(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; ID] {
        &self.0
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LetterId({self})")
    }
}

impl FromStr for LetterId {
    type Err = InvalidLetterId;

    fn from_str(text: &str) -> Result<LetterId, InvalidLetterId> {
        let number = u128::from_str_radix(text, 16).ok();
        let id = number.map(|number| LetterId(number.to_be_bytes()));
        // One id has one text: it is the name of the letter's file.
        id.filter(|id| id.to_string() == text)
            .ok_or(InvalidLetterId)
    }
}

/// A text that cannot be the id of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidLetterId;

impl fmt::Display for InvalidLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "it is not the id of a letter; use the 32 hexadecimal digits in lower case that \
             posting it returned",
        )
    }
}

impl std::error::Error for InvalidLetterId {}

/// One letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) id: LetterId,
    /// The run that it is for.
    pub(crate) run: RunId,
    pub(crate) ask: Ask,
}

/// What is asked of a run. The order is that of the numbers in the file, which never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Stop, and do not go on before somebody says so.
    Suspend,
    /// Stop for good, and undo what is in place or keep it.
    Cancel { revert: bool },
    /// Here is what the run waits for under this name.
    Signal { name: String, value: Value },
    /// Here is whether a task happened of which nobody knows.
    Resolve { task: String, answer: Told },
    /// Go on from where the run failed or was suspended.
    Rerun,
    /// Undo what is in place.
    Revert,
    /// Stop, to be taken up by the next process.
    Interrupt,
}

/// What is said about a task of which nobody knows whether it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Told {
    /// It did not happen: run it.
    Rerun,
    /// It happened, and provides this.
    Done(Value),
    /// It counts as failed.
    Fail,
}

/// A value on its way to a run: encoded by who has the program's types, or written by a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// As the logbook stores it.
    Bincode(Bytes),
    /// JSON, which the run has to read as its own type.
    Json(String),
    /// Either of the two, sealed: only as long as it lies in the inbox of a sealed logbook.
    Sealed(Bytes),
}

impl Letter {
    /// Whether a value comes with what is asked.
    pub(super) fn has_value(&self) -> bool {
        matches!(
            self.ask,
            Ask::Signal { .. }
                | Ask::Resolve {
                    answer: Told::Done(_),
                    ..
                }
        )
    }

    /// The bytes of the letter's file.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, LogbookError> {
        let mut bytes = vec![0; HEADER];
        codec::encode(self, &mut bytes)?;
        let (header, payload) = bytes.split_at_mut(HEADER);
        check_size(payload.len())?;
        let len = u32::try_from(payload.len()).expect("the size has been checked");
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&len.to_le_bytes());
        header[24..28].copy_from_slice(&frame::crc(payload).to_le_bytes());
        seal(header);
        Ok(bytes)
    }

    /// Reads the letter that is all there is on `disk`, or says why it is none.
    pub(super) fn read(disk: &mut dyn Disk) -> io::Result<Result<Letter, String>> {
        let len = disk.len()?;
        let mut header = [0; HEADER];
        if len < HEADER as u64 {
            return Ok(Err("it is shorter than a letter".to_owned()));
        }
        disk.read_at(0, &mut header)?;
        if !header.starts_with(MAGIC) || !is_sealed(&header) {
            return Ok(Err("it does not begin as a letter does".to_owned()));
        }
        let version = u32_at(&header, 8);
        if version != VERSION {
            return Ok(Err(format!(
                "it has version {version} of the format and this library reads version {VERSION}"
            )));
        }
        // Before the bytes are read: what is not a letter may be of any size.
        let size = u32_at(&header, 12);
        if len != HEADER as u64 + u64::from(size) {
            return Ok(Err(format!(
                "it has {len} bytes and should have {size} after its header of {HEADER}"
            )));
        }
        let mut payload = vec![0; size as usize];
        disk.read_at(HEADER as u64, &mut payload)?;
        if frame::crc(&payload) != u32_at(&header, 24) {
            return Ok(Err("it does not match its checksum".to_owned()));
        }
        Ok(codec::decode(&payload)
            .map_err(|error| format!("it asks for nothing that is known ({})", error.reason())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logbook::MemoryDisk;

    fn letter(ask: Ask) -> Letter {
        Letter {
            id: LetterId([7; ID]),
            run: RunId::new("r1").unwrap(),
            ask,
        }
    }

    fn read(bytes: &[u8]) -> Result<Letter, String> {
        Letter::read(&mut MemoryDisk::new(bytes.to_vec())).unwrap()
    }

    #[test]
    fn an_id_has_one_text() {
        let id = LetterId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 32);
        let upper = "0199A000000070008000000000000001";
        for text in [
            "",
            "1",
            "+199a000000070008000000000000001",
            upper,
            "x.letter",
        ] {
            assert_eq!(text.parse::<LetterId>(), Err(InvalidLetterId), "{text}");
        }
        let ids: Vec<LetterId> = (0..100).map(|_| LetterId::random()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn every_letter_is_read_as_it_was_written() {
        let value = Value::Bincode(Bytes(vec![1, 2]));
        let json = Value::Json("{\"by\": \"eve\"}".to_owned());
        for ask in [
            Ask::Suspend,
            Ask::Cancel { revert: true },
            Ask::Cancel { revert: false },
            Ask::Signal {
                name: "approval".to_owned(),
                value: value.clone(),
            },
            Ask::Signal {
                name: "approval".to_owned(),
                value: json.clone(),
            },
            Ask::Resolve {
                task: "a/b".to_owned(),
                answer: Told::Rerun,
            },
            Ask::Resolve {
                task: "a/b".to_owned(),
                answer: Told::Done(value),
            },
            Ask::Resolve {
                task: "a/b".to_owned(),
                answer: Told::Done(json),
            },
            Ask::Resolve {
                task: "a/b".to_owned(),
                answer: Told::Fail,
            },
            Ask::Rerun,
            Ask::Revert,
        ] {
            let letter = letter(ask);
            assert_eq!(read(&letter.to_bytes().unwrap()), Ok(letter));
        }
    }

    #[test]
    fn a_golden_letter() {
        let bytes = letter(Ask::Signal {
            name: "go".to_owned(),
            value: Value::Json("1".to_owned()),
        })
        .to_bytes()
        .unwrap();
        #[rustfmt::skip]
        let payload = [
            7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, // id
            2, 0, 0, 0, 0, 0, 0, 0, b'r', b'1',             // run
            2, 0, 0, 0,                                     // signal
            2, 0, 0, 0, 0, 0, 0, 0, b'g', b'o',             // name
            1, 0, 0, 0,                                     // JSON
            1, 0, 0, 0, 0, 0, 0, 0, b'1',
        ];
        let mut header = b"tfletter\0\0\0\0\x35\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        header.extend(frame::crc(&payload).to_le_bytes());
        header.extend(frame::crc(&header).to_le_bytes());
        assert_eq!(bytes, [header, payload.to_vec()].concat());
    }

    #[test]
    fn what_is_not_a_whole_letter_is_refused() {
        let whole = letter(Ask::Suspend).to_bytes().unwrap();
        for cut in 0..whole.len() {
            read(&whole[..cut]).unwrap_err();
        }
        read(&[&whole[..], b"x"].concat()).unwrap_err();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            read(&bytes).unwrap_err();
        }
    }

    /// Puts right checksums into made up bytes.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let (header, payload) = bytes.split_at_mut(HEADER);
        header[24..28].copy_from_slice(&frame::crc(payload).to_le_bytes());
        seal(header);
        bytes
    }

    #[test]
    fn a_letter_of_another_library_says_so() {
        let mut newer = letter(Ask::Suspend).to_bytes().unwrap();
        newer[8] = 3;
        let why = "it has version 3 of the format and this library reads version 0";
        assert_eq!(read(&sealed(newer)), Err(why.to_owned()));

        let mut unknown = letter(Ask::Suspend).to_bytes().unwrap();
        unknown[HEADER + ID + 10] = 99;
        let why = read(&sealed(unknown)).unwrap_err();
        assert!(
            why.starts_with("it asks for nothing that is known"),
            "{why}"
        );
    }
}
