//! BLAKE3 hashes: as values that are stored, and of what streams by.

use std::fmt;
use std::io::{self, Read, Write};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The BLAKE3 hash of a file; 64 hexadecimal digits in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(blake3::Hash);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_hex())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        blake3::Hash::from_hex(&text)
            .map(Self)
            .map_err(|error| D::Error::custom(format_args!("`{text}` is no BLAKE3 hash: {error}")))
    }
}

/// A reader or writer that hashes and counts what goes through it.
pub struct Tap<T> {
    inner: T,
    hasher: blake3::Hasher,
    size: u64,
    failed: bool,
}

impl<T> Tap<T> {
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            hasher: blake3::Hasher::new(),
            size: 0,
            failed: false,
        }
    }

    pub fn into_inner(self) -> T {
        self.inner
    }

    /// How many bytes went through.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn digest(&self) -> Digest {
        Digest(self.hasher.finalize())
    }

    /// Whether it was this side of a copy that failed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    fn pass(&mut self, result: io::Result<usize>, bytes: &[u8]) -> io::Result<usize> {
        match &result {
            Ok(length) => {
                self.hasher.update(bytes.get(..*length).unwrap_or(bytes));
                self.size += *length as u64;
            }
            Err(_) => self.failed = true,
        }
        result
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        self.pass(result, buffer)
    }
}

impl<W: Write> Write for Tap<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.pass(result, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_streams_by_is_hashed() {
        let mut tap = Tap::new(&b"some bytes"[..]);
        let mut out = Tap::new(Vec::new());
        io::copy(&mut tap, &mut out).unwrap();
        assert_eq!(tap.digest(), Digest::of(b"some bytes"));
        assert_eq!(out.digest(), tap.digest());
        assert_eq!((tap.size(), out.size()), (10, 10));
    }

    #[test]
    fn a_hash_is_readable() {
        let text = serde_json::to_string(&Digest::of(b"")).unwrap();
        assert!(text.starts_with("\"af1349b9f5f9a1a6"), "{text}");
        assert_eq!(
            serde_json::from_str::<Digest>(&text).unwrap(),
            Digest::of(b"")
        );
        assert!(serde_json::from_str::<Digest>("\"af13\"").is_err());
    }
}
