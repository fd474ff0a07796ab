//! What a second terminal asks of a run, or wants to know of all of them.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use taskflow::{Inbox, LetterId, LogbookError, LogbookReader};

use super::approval::Approval;
use super::cli::At;
use super::screen::say;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long somebody who is at work on the run may take to see what is asked.
const ANSWER: Duration = Duration::from_secs(2);

pub fn approve(at: &At, by: String, yes: bool) -> Result<ExitCode> {
    ask(at, |inbox| {
        inbox.signal(&at.run, "approval", &Approval { by, yes })
    })
}

pub fn suspend(at: &At) -> Result<ExitCode> {
    ask(at, |inbox| inbox.suspend(&at.run))
}

pub fn cancel(at: &At, keep: bool) -> Result<ExitCode> {
    ask(at, |inbox| {
        if keep {
            inbox.cancel(&at.run)
        } else {
            inbox.cancel_and_revert(&at.run)
        }
    })
}

/// Leaves a request in the logbook's inbox, and says what becomes of it.
fn ask(
    at: &At,
    post: impl FnOnce(&Inbox) -> std::result::Result<LetterId, LogbookError>,
) -> Result<ExitCode> {
    // A misspelt id would be refused only when somebody opens the logbook.
    let book = LogbookReader::open(&at.logbook)?;
    if !book.runs()?.iter().any(|run| run.id == at.run) {
        say(&format!(
            "error: there is no run `{}`; `list` shows those that there are",
            at.run
        ));
        return Ok(ExitCode::FAILURE);
    }
    let inbox = book.inbox();
    let letter = post(&inbox)?;
    let start = Instant::now();
    while inbox.is_pending(letter)? && start.elapsed() < ANSWER {
        thread::sleep(Duration::from_millis(20));
    }
    if let Some(why) = inbox.refusal(letter)? {
        say(&format!("error: {why}"));
        return Ok(ExitCode::FAILURE);
    }
    say(if inbox.is_pending(letter)? {
        "left for the run, which takes it when it next looks or goes on"
    } else {
        "the run has taken it"
    });
    Ok(ExitCode::SUCCESS)
}

/// Prints a line for each run.
pub fn list(logbook: &Path) -> Result<ExitCode> {
    let mut out = std::io::stdout();
    for run in LogbookReader::open(logbook)?.runs()? {
        let ago = SystemTime::now().duration_since(run.started);
        let machine = run.labels.iter().find(|(key, _)| key == "machine");
        let machine = machine.map_or("", |(_, machine)| machine);
        writeln!(
            out,
            "{}  {:13}  {:>6} s ago  {machine}",
            run.id,
            run.state,
            ago.unwrap_or_default().as_secs()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
