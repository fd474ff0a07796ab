//! Sealing by a key that the program has: XChaCha20-Poly1305; nothing else names its crate.

use std::fmt;

use chacha20poly1305::aead::{AeadInOut, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use super::{Seal, SealContext, SealError};

/// What a key's id is derived for.
const PURPOSE: &str = "taskflow 2026-11-24 id of a key that seals a logbook";

/// How many bytes stand before what is sealed: the id of the key and the nonce.
const ID: usize = 8;
const NONCE: usize = 24;

/// Seals with XChaCha20-Poly1305 under a key of 32 bytes: what is sealed can neither be read nor
/// changed without the key, nor put where it does not belong.
///
/// Each payload gets a random nonce of 24 bytes, so that one key does for any number of them, and
/// is 48 bytes longer than it was. Which key it was stands before it as 8 bytes that say nothing of
/// the key. The keys in here are wiped when this is dropped; the caller's own are the caller's.
///
/// Take 32 random bytes as a key, from [`random_key`](Aead::random_key) or `openssl rand 32`, and
/// keep them where the logbook is not. A password is no key.
///
/// ```
/// use taskflow::logbook::{Aead, Logbook};
///
/// # let folder = std::env::temp_dir().join(format!("aead-{}.book", std::process::id()));
/// # let (old, new) = (Aead::random_key()?, Aead::random_key()?);
/// drop(Logbook::options(&folder).seal(Aead::new(&old)).open()?);
/// // Later there is another key: new records are sealed with it, and both open.
/// drop(Logbook::options(&folder).seal(Aead::new(&new).opening(&old)).open()?);
/// // When no run is needed any more that began before that, the old one can go.
/// drop(Logbook::options(&folder).seal(Aead::new(&new)).open()?);
/// assert!(Logbook::options(&folder).seal(Aead::new(&old)).open().is_err());
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Aead {
    /// The one that seals, and then those that only open.
    keys: Vec<Known>,
}

/// A key with its id.
struct Known {
    id: [u8; ID],
    cipher: XChaCha20Poly1305,
}

impl Known {
    fn new(key: &[u8; 32]) -> Known {
        let hash = blake3::derive_key(PURPOSE, key);
        let mut id = [0; ID];
        id.copy_from_slice(&hash[..ID]);
        Known {
            id,
            cipher: XChaCha20Poly1305::new(key.into()),
        }
    }
}

impl Aead {
    /// Seals and opens with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Aead {
        Aead {
            keys: vec![Known::new(key)],
        }
    }

    /// Opens with this key too what was sealed with it earlier.
    #[must_use]
    pub fn opening(mut self, key: &[u8; 32]) -> Aead {
        self.keys.push(Known::new(key));
        self
    }

    /// A new key.
    ///
    /// # Errors
    ///
    /// If the operating system has no random bytes.
    pub fn random_key() -> Result<[u8; 32], SealError> {
        Key::try_generate().map(Into::into).map_err(no_random)
    }
}

#[allow(clippy::needless_pass_by_value)]
fn no_random(error: impl fmt::Display) -> SealError {
    SealError::new(format!(
        "the operating system has no random bytes ({error}); see to its source of them"
    ))
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aead").finish_non_exhaustive()
    }
}

impl Seal for Aead {
    fn seal(
        &self,
        context: &SealContext<'_>,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let Some(Known { id, cipher }) = self.keys.first() else {
            unreachable!("it is made with a key")
        };
        let nonce = XNonce::try_generate().map_err(no_random)?;
        let start = sealed.len() + ID + NONCE;
        sealed.extend_from_slice(id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = cipher
            .encrypt_inout_detached(&nonce, context.bytes(), (&mut sealed[start..]).into())
            .map_err(|_| SealError::new("it is too large; keep what is large elsewhere"))?;
        sealed.extend_from_slice(&tag);
        Ok(())
    }

    fn open(
        &self,
        context: &SealContext<'_>,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let parts = sealed.split_first_chunk::<ID>();
        let parts = parts.and_then(|(id, rest)| Some((id, rest.split_first_chunk::<NONCE>()?)));
        let Some((id, (nonce, rest))) = parts else {
            return Err(SealError::new(
                "it is too short to be sealed; restore it from a copy",
            ));
        };
        let Some(Known { cipher, .. }) = self.keys.iter().find(|key| key.id == *id) else {
            let id = u64::from_be_bytes(*id);
            return Err(SealError::new(format!(
                "it was sealed with another key, whose id is {id:016x}; give that key too"
            )));
        };
        let payload = Payload {
            msg: rest,
            aad: context.bytes(),
        };
        let opened = chacha20poly1305::aead::Aead::decrypt(cipher, nonce.into(), payload);
        let opened = opened.map_err(|_| {
            SealError::new(
                "it is not as it was sealed, or stands where it does not belong; restore it from \
                 a copy",
            )
        })?;
        plain.extend_from_slice(&opened);
        Ok(())
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        self.keys
            .first()
            .is_some_and(|key| sealed.starts_with(&key.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logbook::RunId;
    use crate::logbook::record::Kind;

    fn sealed(aead: &Aead, context: &SealContext<'_>, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![9];
        aead.seal(context, plain, &mut sealed).unwrap();
        assert_eq!(sealed.len(), 1 + ID + NONCE + plain.len() + 16);
        sealed.split_off(1)
    }

    fn opened(aead: &Aead, context: &SealContext<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut plain = vec![9];
        aead.open(context, sealed, &mut plain)?;
        Ok(plain.split_off(1))
    }

    #[test]
    fn what_is_sealed_opens_where_it_belongs_and_as_it_is() {
        let (run, other) = (RunId::new("r1").unwrap(), RunId::new("r2").unwrap());
        let here = SealContext::of_record(Kind::Done, &run, 1);
        let aead = Aead::new(&[7; 32]);
        let bytes = sealed(&aead, &here, b"value");
        assert_eq!(opened(&aead, &here, &bytes).unwrap(), b"value");
        assert_ne!(
            bytes,
            sealed(&aead, &here, b"value"),
            "the nonce is another"
        );
        for elsewhere in [
            SealContext::of_record(Kind::Checkpoint, &run, 1),
            SealContext::of_record(Kind::Done, &other, 1),
            SealContext::of_record(Kind::Done, &run, 2),
            SealContext::of_book(),
        ] {
            opened(&aead, &elsewhere, &bytes).unwrap_err();
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            opened(&aead, &here, &bytes).unwrap_err();
        }
        for cut in 0..bytes.len() {
            opened(&aead, &here, &bytes[..cut]).unwrap_err();
        }
    }

    #[test]
    fn an_old_key_opens_and_does_not_seal() {
        let (old, new) = (Aead::new(&[1; 32]), Aead::new(&[2; 32]));
        let both = Aead::new(&[2; 32]).opening(&[1; 32]);
        let here = SealContext::of_book();
        let (before, after) = (sealed(&old, &here, b"a"), sealed(&both, &here, b"b"));
        assert_eq!(opened(&both, &here, &before).unwrap(), b"a");
        assert_eq!(opened(&new, &here, &after).unwrap(), b"b");
        assert!(!both.is_current(&before) && both.is_current(&after));
        let error = opened(&new, &here, &before).unwrap_err().to_string();
        assert!(error.contains("with another key, whose id is "), "{error}");
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", Aead::new(&[7; 32])), "Aead { .. }");
        assert_ne!(Aead::random_key().unwrap(), Aead::random_key().unwrap());
    }
}
