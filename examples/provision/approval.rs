//! The owner's word: it is asked for, waited for, and obeyed.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use taskflow::{RunId, TaskContext, task};

use super::cloud::{Name, VmSpec};
use super::screen::say;

/// What the owner says, and who that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub by: String,
    pub yes: bool,
}

/// The owner does not want it.
#[derive(Debug)]
pub struct Refused {
    by: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused it; ask there what is wanted", self.by)
    }
}

impl std::error::Error for Refused {}

/// Where the owner reads: the terminal.
pub struct Chat {
    pub logbook: PathBuf,
}

impl Chat {
    /// Says what is waited for, with the command that answers.
    pub fn ask(&self, run: &RunId) {
        let program = std::env::args().next().unwrap_or("provision".to_owned());
        let logbook = self.logbook.to_string_lossy();
        let (program, logbook) = (quoted(&program), quoted(&logbook));
        say(&format!(
            "waiting for the owner, who says yes, or with `--no` no, by\n    \
             {program} approve {run} --logbook {logbook} --by YOU"
        ));
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[task]
pub fn ask_owner(chat: &Chat, tenant: &Name, name: &Name, spec: &VmSpec, ctx: &TaskContext) {
    say(&format!(
        "`{tenant}` wants `{name}`: {} cores, {} of memory, disks of {} and {}",
        spec.cores, spec.ram, spec.root.gib, spec.data.gib
    ));
    chat.ask(ctx.run_id());
}

#[task]
pub fn accept(approval: &Approval) -> Result<(), Refused> {
    if approval.yes {
        Ok(())
    } else {
        Err(Refused {
            by: approval.by.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        assert_eq!(quoted("a/b-1.book"), "a/b-1.book");
        assert_eq!(quoted("it's mine"), "'it'\\''s mine'");
        assert_eq!(quoted(""), "''");
    }
}
