//! Names that stand for values, and the error that lists them.

use std::fmt;

/// A text that names no state of a run, or no durability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    name: String,
    kind: &'static str,
    known: String,
}

/// The value that `names` lists under `name`; `kind` says in the error what was looked for.
pub(super) fn find<T: Copy>(
    name: &str,
    kind: &'static str,
    names: &[(T, &str)],
) -> Result<T, UnknownName> {
    match names.iter().find(|(_, known)| *known == name) {
        Some((value, _)) => Ok(*value),
        None => Err(UnknownName {
            name: name.to_owned(),
            kind,
            known: names
                .iter()
                .map(|(_, name)| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no {}; use one of {}",
            self.name, self.kind, self.known
        )
    }
}

impl std::error::Error for UnknownName {}
