//! What the program is asked to do, on its command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};

/// Backs up a folder into packs that can be checked and restored.
///
/// A backup is a folder of its own: `packs/*.tar.zst`, `manifest.json` and `BLAKE3SUMS`. When the
/// program is killed, start it again with the same arguments: it goes on where it was. Without any
/// arguments it tries itself out: it backs up its own sources to a temporary folder.
///
/// Exit code: 0 when all is done, maybe with warnings; 1 on an error; 2 on wrong arguments; 130
/// when interrupted.
#[derive(Debug, Parser)]
#[command(name = "backup", version)]
pub struct Args {
    /// The folder to back up; with `--restore`, the backup
    #[arg(requires = "target")]
    pub source: Option<PathBuf>,

    /// A new or empty folder for the backup; with `--restore`, for what was backed up
    pub target: Option<PathBuf>,

    /// Put back what the backup SOURCE holds
    #[arg(long, conflicts_with_all = ["exclude", "level"])]
    pub restore: bool,

    /// Leave out files and folders with this name, wherever they are; may be given several times
    #[arg(long, value_name = "NAME")]
    pub exclude: Vec<OsString>,

    /// The compression, from 1 (fast) to 19 (small)
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=19))]
    pub level: i32,

    /// When it fails, remove what was written, instead of keeping it to go on later
    #[arg(long)]
    pub undo: bool,

    /// What runs the tasks: `serial`, `parallel`, or `parallel:N` for N threads
    #[arg(long, default_value = "parallel")]
    pub engine: Engine,

    /// The folder that records the run [default: `<TARGET>.logbook`]
    #[arg(long, value_name = "DIR")]
    pub logbook: Option<PathBuf>,

    /// What a recorded step survives
    #[arg(long, value_enum, default_value_t = Sync::Synced)]
    pub sync: Sync,
}

/// What runs the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Serial,
    /// On this many threads, or one for each processor.
    Parallel(Option<NonZeroUsize>),
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "serial" => Ok(Self::Serial),
            None if text == "parallel" => Ok(Self::Parallel(None)),
            Some(("parallel", threads)) => threads
                .parse()
                .map(|threads| Self::Parallel(Some(threads)))
                .map_err(|_| format!("`{threads}` is no number of threads; give 1 or more")),
            _ => Err("give `serial`, `parallel` or `parallel:N`".into()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sync {
    /// A power cut: each record is synced
    Synced,
    /// A kill of the program: each record is handed to the system
    Os,
    /// Nothing: a run cannot be continued for sure
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_agree_with_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn engines_are_named() {
        assert_eq!("serial".parse(), Ok(Engine::Serial));
        assert_eq!("parallel".parse(), Ok(Engine::Parallel(None)));
        assert_eq!(
            "parallel:3".parse(),
            Ok(Engine::Parallel(NonZeroUsize::new(3)))
        );
        for text in ["", "parallel:0", "parallel:x", "serial:1", "async"] {
            text.parse::<Engine>().unwrap_err();
        }
    }

    #[test]
    fn a_source_alone_is_not_enough() {
        Args::try_parse_from(["backup", "a"]).unwrap_err();
        Args::try_parse_from(["backup", "a", "b", "--level", "0"]).unwrap_err();
        Args::try_parse_from(["backup"]).unwrap();
    }
}
