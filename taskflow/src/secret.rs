//! A value that is worked with and never shown.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands where a secret would be shown.
const SHOWN: &str = "<secret>";

/// A value that must not be shown: a password, a token, what identifies a person.
///
/// It is an input, a value of a task or a part of one as every other. Whoever needs it says
/// [`expose`](Secret::expose), which is easy to search for; `{}` and `{:?}` print `<secret>`, and
/// formats for people such as JSON get that text too. The logbook gets the value, since a run that
/// is taken up needs it: [`LogbookOptions::seal`](crate::LogbookOptions::seal) keeps it there
/// from who reads the files. Reading works from every format, so that a configuration or a person
/// can give one; of a text that is no such value the error says nothing.
///
/// ```
/// use taskflow::{Logbook, Secret, Serial, flow, task};
///
/// #[task]
/// fn sign_in(user: &str, password: &Secret<String>) -> Secret<String> {
///     Secret::new(format!("token of {user} by {}", password.expose().len()))
/// }
///
/// flow! {
///     pub struct SignIn { user: String, password: Secret<String> } -> Secret<String>
///     linear[sign_in]
/// }
///
/// let password = serde_json::from_str(r#""hunter2""#)?;
/// let token = SignIn { user: "eve".to_owned(), password }.run(&Serial, &Logbook::memory())?;
/// assert_eq!(format!("{token} {token:?}"), "<secret> <secret>");
/// assert_eq!(serde_json::to_string(&token)?, r#""<secret>""#);
/// assert_eq!(token.into_inner(), "token of eve by 7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It does not pass for its value:
///
/// ```compile_fail,E0308
/// let text: &String = &taskflow::Secret::new("hunter2".to_owned());
/// ```
///
/// # What it does not do
///
/// - It does not wipe memory: copies of the value are where it was made, encoded and read, and a
///   dump of the process or a page that is swapped out shows them.
/// - It does not look after the texts of your own errors and panics, nor after labels of runs:
///   put nothing there that [`expose`](Secret::expose) has returned.
/// - Formats that are not for people, such as bincode, get the value, whoever writes them.
/// - JSON that was written of a secret is read back as the text `<secret>` where the type is a
///   text, and is refused where it is not.
/// - Two secrets are compared as their values are, which may take longer the more they have in
///   common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Makes a secret of a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for who needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, which is a secret no longer.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(SHOWN)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(SHOWN)
    }
}

impl<T: Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(SHOWN)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What serde says of a wrong value often holds the value.
        T::deserialize(deserializer).map(Self).map_err(|_| {
            D::Error::custom("the secret is not a value of its type; give one that is")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logbook::{decode, encode, encode_checked};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Account {
        name: String,
        password: Secret<String>,
        pin: Option<Secret<u32>>,
    }

    fn account() -> Account {
        Account {
            name: "eve".to_owned(),
            password: Secret::new("hunter2".to_owned()),
            pin: Some(4711.into()),
        }
    }

    #[test]
    fn it_is_not_shown() {
        let text = format!("{:?} {:#?}", account(), account());
        assert!(
            !text.contains("hunter2") && !text.contains("4711"),
            "{text}"
        );
        assert_eq!(
            serde_json::to_string(&account()).unwrap(),
            r#"{"name":"eve","password":"<secret>","pin":"<secret>"}"#
        );
        assert_eq!(format!("{:>10}", Secret::new(1)), "  <secret>");
    }

    #[test]
    fn the_logbook_gets_the_value_and_nothing_else() {
        let (mut secret, mut plain) = (Vec::new(), Vec::new());
        encode_checked(&account(), &mut secret).unwrap();
        encode(&("eve", "hunter2", Some(4711_u32)), &mut plain).unwrap();
        assert_eq!(secret, plain);
        assert_eq!(decode(&secret), Ok(account()));
    }

    #[test]
    fn it_is_read_from_what_people_write() {
        let json = r#"{"name":"eve","password":"hunter2","pin":4711}"#;
        assert_eq!(serde_json::from_str::<Account>(json).unwrap(), account());
    }

    #[test]
    fn an_error_does_not_show_what_was_given() {
        let error = serde_json::from_str::<Secret<u32>>(r#""hunter2""#).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the secret is not a value of its type")
        );
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let error = decode::<Secret<bool>>(&[72]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the secret is not a value of its type")
        );
    }
}
