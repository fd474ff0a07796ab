//! Values to bytes and back; nothing else knows how a value is encoded.
//!
//! bincode 1.3.3 with fixed-width little-endian integers: fast, without names, and the one version
//! that answers a wrong length with an error. It stands behind the checksums of the frames, so that
//! it reads only what was written.

use std::any::type_name;
use std::fmt;

use bincode::{ErrorKind, Options};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::strict::Strict;

// What is generic here is compiled for every type that a user stores. So it is kept small: plain
// matches, and what an error says is found by functions that are not generic.

fn options() -> impl Options {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_little_endian()
        .with_no_limit()
}

/// Appends the bytes of `value` to `bytes`, which stay as they were on an error.
///
/// # Errors
///
/// If serde refuses the value, or a field of it is skipped.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    bytes: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let before = bytes.len();
    let mut serializer = bincode::Serializer::new(&mut *bytes, options());
    match value.serialize(Strict(&mut serializer)) {
        Ok(()) => Ok(()),
        Err(error) => {
            bytes.truncate(before);
            Err(unwritable(type_name::<T>(), error))
        }
    }
}

/// Appends the bytes of `value` to `bytes` like [`encode`], and reads them back to see that they
/// can be read, so that a resume does not find out.
///
/// # Errors
///
/// As [`encode`], and if the bytes do not decode or do not fit into a record.
pub(crate) fn encode_checked<T: Serialize + DeserializeOwned>(
    value: &T,
    bytes: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let before = bytes.len();
    encode(value, bytes)?;
    let checked = match read::<T>(&bytes[before..]) {
        Ok(_) => fits(type_name::<T>(), bytes.len() - before),
        Err(error) => Err(unreadable(type_name::<T>(), error)),
    };
    if checked.is_err() {
        bytes.truncate(before);
    }
    checked
}

/// What the length field of a frame cannot say is a failure of its task, where the logbook would
/// break off the run.
fn fits(type_name: &'static str, len: usize) -> Result<(), EncodeError> {
    if u32::try_from(len).is_ok() {
        return Ok(());
    }
    let reason = format!(
        "it takes {len} bytes, and a record at most {}; keep what is large elsewhere, and its \
         place in the logbook",
        u32::MAX
    );
    Err(EncodeError { type_name, reason })
}

/// The value that all of `bytes` stands for.
///
/// # Errors
///
/// If `bytes` are too few, too many, or not those of a `T`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    match read(bytes) {
        Ok(value) => Ok(value),
        Err(error) => Err(misread(type_name::<T>(), error)),
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> bincode::Result<T> {
    // The limit keeps a wrong length from asking for more memory than there are bytes.
    options()
        .with_limit(bytes.len() as u64)
        .reject_trailing_bytes()
        .deserialize(bytes)
}

// All three take the error, so that no code to drop it is compiled for every type.

#[allow(clippy::boxed_local)]
fn unwritable(type_name: &'static str, error: bincode::Error) -> EncodeError {
    let reason = match *error {
        ErrorKind::SequenceMustHaveLength => "it holds a sequence or a map that does not know its \
             length beforehand; remove `#[serde(flatten)]`, or collect it first"
            .to_owned(),
        ErrorKind::Custom(reason) => reason,
        other => other.to_string(),
    };
    EncodeError { type_name, reason }
}

#[allow(clippy::boxed_local)]
fn unreadable(type_name: &'static str, error: bincode::Error) -> EncodeError {
    let reason = match *error {
        ErrorKind::DeserializeAnyNotSupported => "it would not be readable, since its type asks \
             the bytes what they are; remove `#[serde(untagged)]` and other self-describing \
             parts, such as `serde_json::Value`"
            .to_owned(),
        other => format!(
            "it would not be readable ({}); let `Deserialize` read what `Serialize` writes",
            what(&other)
        ),
    };
    EncodeError { type_name, reason }
}

#[allow(clippy::needless_pass_by_value)]
fn misread(type_name: &'static str, error: bincode::Error) -> DecodeError {
    let reason = what(&error);
    DecodeError { type_name, reason }
}

/// What is wrong with bytes, without the value that they hold: that may be a secret.
fn what(error: &ErrorKind) -> String {
    match error {
        ErrorKind::InvalidBoolEncoding(_) => "a `bool` is neither 0 nor 1".to_owned(),
        ErrorKind::InvalidTagEncoding(_) => "an `Option` is neither 0 nor 1".to_owned(),
        other => without_value(&other.to_string()),
    }
}

/// What an error of serde says, without the value that it speaks of.
pub(crate) fn without_value(text: &str) -> String {
    const EXPECTED: &str = ", expected ";
    let shows = ["invalid type: ", "invalid value: ", "unknown variant `"];
    // What was expected stands last; a value may hold these words too.
    match text.rfind(EXPECTED) {
        Some(at) if shows.iter().any(|start| text.starts_with(start)) => {
            format!("it is not {}", &text[at + EXPECTED.len()..])
        }
        _ => text.to_owned(),
    }
}

/// A value that cannot be stored: it does not encode, or would not decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    type_name: &'static str,
    reason: String,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a `{}` cannot be stored: {}",
            self.type_name, self.reason
        )
    }
}

impl std::error::Error for EncodeError {}

/// Stored bytes that are not those of the type that they were read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    type_name: &'static str,
    reason: String,
}

impl DecodeError {
    /// Why not, without the name of the type.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stored bytes are not those of a `{}`: {}; read them with the type that wrote them",
            self.type_name, self.reason
        )
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};

    use super::{decode, encode, encode_checked, fits, without_value};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Point,
        Circle(f64),
        Line(i8, i128),
        Text { body: String, size: Option<u16> },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sparse {
        always: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seldom: Option<u8>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Guess {
        Number(u8),
        Word(String),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OneWay {
        #[serde(skip_serializing)]
        lost: u64,
    }

    fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let mut bytes = vec![7];
        encode_checked(value, &mut bytes).unwrap();
        assert_eq!(decode::<T>(&bytes[1..]).as_ref(), Ok(value));
        let mut plain = Vec::new();
        encode(value, &mut plain).unwrap();
        assert_eq!(plain, bytes[1..], "the strict serializer changes no byte");
        assert_eq!(
            plain,
            bincode::serialize(value).unwrap(),
            "the format is bincode's own"
        );
    }

    fn refused<T: Serialize + DeserializeOwned>(value: &T, parts: &[&str]) {
        let mut bytes = vec![7];
        let message = encode_checked(value, &mut bytes).unwrap_err().to_string();
        assert_eq!(bytes, [7], "a refused value leaves no bytes");
        for part in parts {
            assert!(
                message.contains(part),
                "{message:?} does not contain {part:?}"
            );
        }
    }

    #[test]
    fn values_come_back() {
        round(&());
        round(&(true, 'x', -1_i64, u128::MAX, 1.5_f32));
        round(&vec![
            Shape::Point,
            Shape::Circle(0.5),
            Shape::Line(-1, i128::MIN),
        ]);
        round(&Shape::Text {
            body: "a".into(),
            size: Some(3),
        });
        round(&BTreeMap::from([
            ("a".to_owned(), vec![1_u8]),
            ("b".to_owned(), vec![]),
        ]));
        round(&Some(Some(Sparse {
            always: 1,
            seldom: Some(2),
        })));
        round(&Ok::<_, String>([1_u16, 2]));
    }

    #[test]
    fn a_skipped_field_is_refused_at_any_depth() {
        let hole = || Sparse {
            always: 1,
            seldom: None,
        };
        let cure = [
            "Sparse",
            "field `seldom` is skipped",
            "remove `skip_serializing_if`",
        ];
        refused(&hole(), &cure);
        refused(&vec![hole()], &cure);
        refused(&Some((1, hole())), &cure);
        refused(&BTreeMap::from([(1, Ok::<_, ()>(hole()))]), &cure);
    }

    #[test]
    fn a_value_that_would_not_decode_is_refused() {
        refused(&Guess::Number(1), &["Guess", "remove `#[serde(untagged)]`"]);
        refused(
            &Guess::Word("x".into()),
            &["Guess", "remove `#[serde(untagged)]`"],
        );
        refused(
            &Flat {
                rest: BTreeMap::new(),
            },
            &["Flat", "remove `#[serde(flatten)]`"],
        );
        refused(
            &OneWay { lost: 1 },
            &["OneWay", "let `Deserialize` read what"],
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_unicode_is_refused_in_serdes_words() {
        use std::os::unix::ffi::OsStringExt;
        let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(vec![0xff]));
        refused(
            &path,
            &["PathBuf", "path contains invalid UTF-8 characters"],
        );
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn a_value_that_does_not_fit_into_a_record_is_refused() {
        let most = u32::MAX as usize;
        assert_eq!(fits("Shape", most), Ok(()));
        let message = fits("Shape", most + 1).unwrap_err().to_string();
        assert!(message.contains("takes 4294967296 bytes"), "{message}");
    }

    #[test]
    fn bytes_that_are_too_few_too_many_or_wrong_are_refused() {
        assert!(decode::<u32>(&[0; 3]).is_err());
        assert!(decode::<u32>(&[0; 5]).is_err());
        assert!(decode::<bool>(&[2]).is_err());
        let error = decode::<String>(&[255; 8]).unwrap_err().to_string();
        assert!(error.contains("String"), "{error}");
        assert!(decode::<Vec<u64>>(&u64::MAX.to_le_bytes()).is_err());
    }

    #[test]
    fn an_error_does_not_show_the_value() {
        let error = |json| {
            let error = serde_json::from_str::<Shape>(json).unwrap_err();
            without_value(&error.to_string())
        };
        let place = "at line 1 column";
        assert_eq!(
            error(r#""hunter2, expected 7""#),
            format!("it is not one of `Point`, `Circle`, `Line`, `Text` {place} 21")
        );
        assert_eq!(
            error(r#"{"Circle": "hunter2"}"#),
            format!("it is not f64 {place} 20")
        );
        let error = decode::<bool>(&[72]).unwrap_err().to_string();
        assert!(error.contains("neither 0 nor 1"), "{error}");
        let error = decode::<std::num::NonZero<u8>>(&[0]).unwrap_err();
        assert_eq!(error.reason(), "it is not a nonzero u8");
    }
}
