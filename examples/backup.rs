//! A backup tool: `cargo run --release --example backup -- SOURCE TARGET`.
//!
//! It copies a folder into packs that are read back before the backup counts, and restores
//! them. Kill it at any moment and start it again with the same arguments: it goes on where it was,
//! and the backup has the same bytes as one that nobody disturbed. Without arguments it tries
//! itself out on its own sources. `--help` lists the rest.
//!
//! The two flows below are the program. Each task is an ordinary function in a module of its own,
//! marked `#[task]`.

#![allow(
    unreachable_pub,
    reason = "nothing is reached from outside of a program: `pub` means outside of a module"
)]

use taskflow::flow;

flow! {
    /// Copies a folder into packs, and leaves what is done in place when something fails.
    #[flow(name = "backup", on_failure = keep)]
    struct Backup {
        source: Source,
        target: Place,
        level: i32,
        #[resource] io: Arc<Io>,
        #[resource] jobs: usize,
    } -> report: Report
    linear[
        prepare,
        scan,
        split,
        map(pack in packs, limit = jobs, label = pack.first_path)[write_pack] as written,
        verify,
        write_manifest,
        report,
    ]
}

flow! {
    /// The same, but what is done is removed again when something fails: `--undo`.
    #[flow(name = "backup-or-nothing", on_failure = revert)]
    struct BackupOrNothing {
        source: Source,
        target: Place,
        level: i32,
        #[resource] io: Arc<Io>,
        #[resource] jobs: usize,
    } -> report: Report
    linear[Backup]
}

flow! {
    /// Puts back what a backup holds.
    #[flow(name = "restore", on_failure = keep)]
    struct Restore {
        backup: Place,
        target: Place,
        #[resource] io: Arc<Io>,
        #[resource] jobs: usize,
    } -> report: Report
    linear[
        read_manifest,
        make_target,
        map(pack in manifest.packs, limit = jobs, label = pack.name)[restore_pack],
        settle,
    ]
}

#[path = "backup/cli.rs"]
mod cli;
#[path = "backup/digest.rs"]
mod digest;
#[path = "backup/entry.rs"]
mod entry;
#[path = "backup/error.rs"]
mod error;
#[path = "backup/io.rs"]
mod io;
#[path = "backup/manifest.rs"]
mod manifest;
#[path = "backup/pack.rs"]
mod pack;
#[path = "backup/partial.rs"]
mod partial;
#[path = "backup/place.rs"]
mod place;
#[path = "backup/report.rs"]
mod report;
#[path = "backup/restore.rs"]
mod restore;
#[cfg(test)]
#[path = "backup/round_trip.rs"]
mod round_trip;
#[path = "backup/scan.rs"]
mod scan;
#[path = "backup/split.rs"]
mod split;
#[path = "backup/unpack.rs"]
mod unpack;

use std::error::Error as StdError;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser as _;
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use taskflow::{Logbook, RunError, TaskFailure, Undone};

use cli::Args;
use error::Shown;
use io::Io;
use manifest::{read_manifest, write_manifest};
use pack::write_pack;
use place::{Place, Source, make_target, prepare};
use report::{Report, report};
use restore::{restore_pack, settle};
use scan::scan;
use split::split;
use unpack::verify;

type Result<T> = std::result::Result<T, Box<dyn StdError>>;

/// As shells have it for a program that a person interrupted.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let args = Args::parse();
    let io = Arc::new(Io::stderr());
    let done = watch_signals(&io).and_then(|()| match (&args.source, &args.target) {
        (Some(source), Some(target)) => work(source, target, &args, &io),
        _ => try_out(args, &io),
    });
    io.finish();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if io.is_stopped() => {
            io.line(&format!("interrupted; {}", what_is_left(&*error)));
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            tell_failure(&*error, &io);
            ExitCode::FAILURE
        }
    }
}

/// Says what went wrong, a line for each task that failed, and what is left.
fn tell_failure(error: &(dyn StdError + 'static), io: &Io) {
    if let Some(RunError::Failed(failed)) = error.downcast_ref() {
        for TaskFailure { task, failure, .. } in failed.failures() {
            io.line(&format!("error: {failure:#} (task `{task}`)"));
        }
        io.line(&what_is_left(error));
    } else {
        io.line(&format!("error: {error:#}"));
    }
}

/// What a run that did not come to its end has left behind.
fn what_is_left(error: &(dyn StdError + 'static)) -> String {
    match error.downcast_ref() {
        Some(RunError::Failed(failed)) => match failed.undone() {
            Undone::All => "what had been written is removed again".into(),
            Undone::Kept => "what is done is kept; started again with the same arguments, it goes \
                             on from there"
                .into(),
            partly => partly.to_string(),
        },
        _ => "start again with the same arguments to go on".into(),
    }
}

/// Backs up or restores, whichever is asked for.
fn work(source: &Path, target: &Path, args: &Args, io: &Arc<Io>) -> Result<()> {
    // Nothing is written before these agree, the logbook included.
    let source = Source::find(source, args.exclude.clone())?;
    let target = Place::find(target, &source)?;
    let book = target.logbook(args.logbook.as_deref(), &source)?;
    let book = Logbook::options(book).durability(args.sync).open()?;

    let (from, to) = (source.path.clone(), target.path.clone());
    let did = if args.restore {
        "restored"
    } else {
        "backed up"
    };
    let report = carry_out(source, target, args, io, &book)?;
    io.finish();
    for warning in report.warning_lines() {
        io.line(&warning);
    }
    let (from, to) = (Shown(&from), Shown(&to));
    writeln!(std::io::stdout(), "{did} `{from}` to `{to}`\n{report}")?;
    Ok(())
}

/// Goes on with the run of these places that was cut short, or starts one.
fn carry_out(
    source: Source,
    target: Place,
    args: &Args,
    io: &Arc<Io>,
    book: &Logbook,
) -> Result<Report> {
    let (engine, level, jobs, io) = (&args.engine, args.level, args.jobs(), io.clone());
    // The flows are of three types, and what is done with them is the same.
    macro_rules! go_on {
        ($flow:expr) => {{
            let io = io.clone();
            let run = $flow.continue_or_start(engine, book)?;
            let done = run.done()?;
            if !done.is_empty() {
                io.go_on(packs(&done));
            }
            Ok(run.wait()?)
        }};
    }
    if args.restore {
        let backup = Place { path: source.path };
        go_on!(Restore {
            backup,
            target,
            io,
            jobs
        })
    } else if args.undo {
        go_on!(BackupOrNothing {
            source,
            target,
            level,
            io,
            jobs
        })
    } else {
        go_on!(Backup {
            source,
            target,
            level,
            io,
            jobs
        })
    }
}

/// How many packs are among the tasks that are done.
fn packs(done: &[String]) -> usize {
    let names = done.iter().filter_map(|task| task.rsplit('/').next());
    names.filter(|name| name.contains("_pack[")).count()
}

/// Backs up the program's own sources, and restores them, in a folder that is removed again.
fn try_out(mut args: Args, io: &Arc<Io>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backup = folder.path().join("backup");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    args.exclude.extend([".git".into(), "target".into()]);
    work(&sources, &backup, &args, io)?;
    args.restore = true;
    work(&backup, &folder.path().join("restored"), &args, io)
}

/// Has the tasks stop in good order when a person or the system asks for it.
fn watch_signals(io: &Arc<Io>) -> Result<()> {
    // A file that grows beyond what the system allows is then an error, and not the end.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let io = io.clone();
    std::thread::spawn(move || {
        for _ in &mut signals {
            if io.stop() {
                // Asked twice: what is recorded is safe at any moment.
                std::process::exit(INTERRUPTED.into());
            }
        }
    });
    Ok(())
}
