//! Paths and names of the operating system as values that can be stored, whatever bytes they hold.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{self, Serialize, Serializer};

/// Serializes a path or a name without loss; for `#[serde(with = "taskflow::os_bytes")]`.
///
/// A name of a file need not be UTF-8, and serde refuses to serialize a [`PathBuf`] that is not. A
/// task that hands on such a path would fail, so a struct that is an input or a result marks the
/// field:
///
/// ```
/// use std::path::PathBuf;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Entry {
///     #[serde(with = "taskflow::os_bytes")]
///     path: PathBuf,
///     #[serde(with = "taskflow::os_bytes")]
///     link: Option<PathBuf>,
///     size: u64,
/// }
/// ```
///
/// It works for [`PathBuf`], [`OsString`], [`Box<Path>`], [`Arc<Path>`], and an [`Option`] or a
/// [`Vec`] of them.
///
/// Formats for machines, such as the logbook's, get the bytes. Formats for people, such as JSON,
/// get a string in which each byte that is no part of UTF-8, and each `%`, is written as `%` and
/// two hexadecimal digits: `100%25`, `caf%E9`.
///
/// # Errors
///
/// On systems other than Unix, a name that is not Unicode is an error.
pub fn serialize<T: Os + ?Sized, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.to_wire(serializer)
}

/// Deserializes what [`serialize`] wrote.
///
/// # Errors
///
/// A string with a `%` that no two hexadecimal digits follow is an error, and so are, on systems
/// other than Unix, bytes that are not UTF-8.
pub fn deserialize<'de, T: OsOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::from_wire(deserializer)
}

/// What [`serialize`] takes; implemented here alone.
pub trait Os: sealed::Sealed {
    #[doc(hidden)]
    fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// What [`deserialize`] makes; implemented here alone.
pub trait OsOwned: sealed::Sealed + Sized {
    #[doc(hidden)]
    fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for OsStr {}

impl Os for OsStr {
    fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = bytes_of(self).map_err(ser::Error::custom)?;
        if serializer.is_human_readable() {
            serializer.serialize_str(&escape(bytes))
        } else {
            serializer.serialize_bytes(bytes)
        }
    }
}

impl sealed::Sealed for OsString {}

impl Os for OsString {
    fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_os_str().to_wire(serializer)
    }
}

impl OsOwned for OsString {
    fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Text)
        } else {
            deserializer.deserialize_byte_buf(Bytes)
        }
    }
}

macro_rules! paths {
    ($($owned:ty),*) => {$(
        impl sealed::Sealed for $owned {}

        impl Os for $owned {
            fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.as_os_str().to_wire(serializer)
            }
        }

        impl OsOwned for $owned {
            fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                OsString::from_wire(deserializer).map(|name| PathBuf::from(name).into())
            }
        }
    )*};
}

paths!(PathBuf, Box<Path>, Arc<Path>);

impl<T> sealed::Sealed for Option<T> {}

impl<T: Os> Os for Option<T> {
    fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&Wire(value)),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: OsOwned> OsOwned for Option<T> {
    fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Option::<Wire<T>>::deserialize(deserializer)?;
        Ok(wire.map(|Wire(value)| value))
    }
}

impl<T> sealed::Sealed for Vec<T> {}

impl<T: Os> Os for Vec<T> {
    fn to_wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Wire))
    }
}

impl<T: OsOwned> OsOwned for Vec<T> {
    fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Sequence(PhantomData))
    }
}

/// One value within an option or a list.
struct Wire<T>(T);

impl<T: Os> Serialize for Wire<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_wire(serializer)
    }
}

impl<'de, T: OsOwned> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::from_wire(deserializer).map(Self)
    }
}

struct Sequence<T>(PhantomData<T>);

impl<'de, T: OsOwned> Visitor<'de> for Sequence<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of paths")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(Wire(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = OsString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a path")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<OsString, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<OsString, E> {
        os_string(bytes).map_err(E::custom)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = OsString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, with `%` and two hexadecimal digits for what is not UTF-8")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OsString, E> {
        let bytes =
            unescape(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))?;
        os_string(bytes).map_err(E::custom)
    }
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.as_bytes().split_at_checked(2)?;
        let [high, low] = *digits else { return None };
        let value = char::from(high).to_digit(16)? * 16 + char::from(low).to_digit(16)?;
        bytes.push(u8::try_from(value).ok()?);
        bytes.extend_from_slice(rest);
    }
    Some(bytes)
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "other systems have names that are refused"
)]
fn bytes_of(name: &OsStr) -> Result<&[u8], String> {
    Ok(std::os::unix::ffi::OsStrExt::as_bytes(name))
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "other systems have names that are refused"
)]
fn os_string(bytes: Vec<u8>) -> Result<OsString, String> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn bytes_of(name: &OsStr) -> Result<&[u8], String> {
    name.to_str()
        .map(str::as_bytes)
        .ok_or_else(|| format!("the name {name:?} is not Unicode; rename it"))
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> Result<OsString, String> {
    String::from_utf8(bytes)
        .map(OsString::from)
        .map_err(|error| format!("a name from another system is not Unicode: {error}"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::logbook;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Names {
        #[serde(with = "super")]
        path: PathBuf,
        #[serde(with = "super")]
        name: OsString,
        #[serde(with = "super")]
        some: Option<PathBuf>,
        #[serde(with = "super")]
        none: Option<PathBuf>,
        #[serde(with = "super")]
        many: Vec<Arc<Path>>,
    }

    fn names(bytes: &[u8]) -> Names {
        let name = OsString::from_vec(bytes.to_vec());
        Names {
            path: PathBuf::from(&name),
            name: name.clone(),
            some: Some(PathBuf::from(&name)),
            none: None,
            many: vec![Path::new(&name).into(), Path::new("").into()],
        }
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [
            &b""[..],
            b"plain",
            b"100%",
            b"caf\xe9",
            "caf\u{e9}".as_bytes(),
            &all,
        ] {
            let names = names(bytes);
            let mut stored = Vec::new();
            logbook::encode_checked(&names, &mut stored).unwrap();
            assert_eq!(logbook::decode::<Names>(&stored).unwrap(), names);
            let text = serde_json::to_string(&names).unwrap();
            assert_eq!(serde_json::from_str::<Names>(&text).unwrap(), names);
        }
    }

    #[test]
    fn people_read_what_is_readable() {
        assert_eq!(escape(b"caf\xe9 100%"), "caf%E9 100%25");
        assert_eq!(escape("caf\u{e9}".as_bytes()), "caf\u{e9}");
    }

    #[test]
    fn a_lone_percent_sign_is_refused() {
        for text in ["%", "%4", "%zz", "%+1", "a%\u{e9}"] {
            assert_eq!(unescape(text), None, "{text}");
        }
        assert_eq!(unescape("%41b"), Some(b"Ab".to_vec()));
    }
}
