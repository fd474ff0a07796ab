//! What the program is asked to do, on its command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use clap::Parser;
use taskflow::{AnyEngine, Durability};

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
    #[arg(long, conflicts_with_all = ["exclude", "level", "undo"])]
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
    pub engine: AnyEngine,

    /// How many packs are at work at once [default: as many as there are processors; 1 if `serial`]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// The folder that records the run [default: `<TARGET>.logbook`]
    #[arg(long, value_name = "DIR")]
    pub logbook: Option<PathBuf>,

    /// What a recorded step survives: a power cut (`synced`; `pipelined`, a moment later), a kill
    /// (`os`), nothing (`never`)
    #[arg(long, default_value = "synced")]
    pub sync: Durability,
}

impl Args {
    /// How many packs are at work at once.
    pub fn jobs(&self) -> usize {
        let jobs = match (self.jobs, &self.engine) {
            (Some(jobs), _) => jobs,
            (None, AnyEngine::Serial(_)) => NonZeroUsize::MIN,
            (None, _) => available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        jobs.get()
    }
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
    fn a_source_alone_is_not_enough() {
        Args::try_parse_from(["backup", "a"]).unwrap_err();
        Args::try_parse_from(["backup", "a", "b", "--level", "0"]).unwrap_err();
        Args::try_parse_from(["backup", "a", "b", "--engine", "fast"]).unwrap_err();
        Args::try_parse_from(["backup", "a", "b", "--restore", "--undo"]).unwrap_err();
        Args::try_parse_from(["backup"]).unwrap();
    }
}
