//! What another process asks by letter while the one that drives the run is killed at place after
//! place: each letter is applied once or refused, and the run ends as it was asked to.
//!
//! With `TASKFLOW_KILLS` from 10000 on, every place has its turn, and not one in several.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use taskflow::{Inbox, LetterId, LogbookError, RunId};
use tests::crash::{
    Case, Ends, Given, Points, Settled, World, case, judge, judge_undone, settle_with,
};

use super::child::{Child, Told};
use super::{Counts, Random, kills, open};

/// How often those are killed that take up one run.
const AGAIN: u32 = 2;

/// How many letters of one kind are posted for a run at most.
const LETTERS: usize = 4;

#[test]
fn a_signal_is_given_once_however_often_its_run_is_killed_serial() {
    given_once("serial");
}

#[test]
fn a_signal_is_given_once_however_often_its_run_is_killed_parallel() {
    given_once("parallel:2");
}

fn given_once(engine: &str) {
    let mut counts = Counts::default();
    for name in [
        "signal-retried",
        "signalled",
        "signal-items",
        "signal-undone",
    ] {
        let case = case(name);
        // The one that takes a value in each attempt takes three.
        let values: &[u64] = if name == "signal-retried" {
            &[1, 2, 3]
        } else {
            &[1]
        };
        let give = |post: &Post<'_>| {
            for value in values {
                for signal in case.signals {
                    post.until_applied(|inbox, id| inbox.signal(id, signal, value));
                }
            }
        };
        at_places(
            case,
            engine,
            &mut counts,
            7,
            give,
            |posted, settled, world, kills, story| {
                judge(case, &settled.ends, world, kills, story);
                let applied = posted.iter().filter(|letter| letter.fate == Fate::Applied);
                assert_eq!(
                    applied.count(),
                    values.len() * case.signals.len(),
                    "{story}"
                );
            },
        );
    }
    counts.report(&format!("killed while signals come by letter, {engine}"));
}

#[test]
fn a_run_is_suspended_by_letter_and_goes_on() {
    let mut counts = Counts::default();
    for engine in ["serial", "parallel:2"] {
        for name in ["retry-in-retry", "deep", "item-stuck", "slept"] {
            let case = case(name);
            let suspend = |post: &Post<'_>| post.again_and_again(Inbox::suspend);
            at_places(
                case,
                engine,
                &mut counts,
                12,
                suspend,
                |_, settled, world, kills, story| {
                    judge(case, &settled.ends, world, kills, story);
                },
            );
        }
    }
    counts.report("killed while letters suspend");
}

#[test]
fn a_run_is_cancelled_by_letter_and_undone() {
    let mut counts = Counts::default();
    for engine in ["serial", "parallel:2"] {
        for name in [
            "retry-in-retry",
            "deep",
            "tolerant",
            "chosen",
            "walked-anew",
        ] {
            let case = case(name);
            let cancel = |post: &Post<'_>| post.until_applied(Inbox::cancel_and_revert);
            at_places(
                case,
                engine,
                &mut counts,
                12,
                cancel,
                |posted, settled, world, kills, story| {
                    if is_applied(posted) {
                        assert_eq!(settled.ends, Ends::Reverted, "{story}");
                        judge_undone(case, &settled.ends, world, story);
                    } else {
                        judge(case, &settled.ends, world, kills, story);
                    }
                },
            );
        }
    }
    counts.report("killed while letters cancel and undo");
}

#[test]
fn a_run_is_cancelled_by_letter_and_kept() {
    let mut counts = Counts::default();
    for engine in ["serial", "parallel:2"] {
        for name in ["retry-in-retry", "items", "undone"] {
            let case = case(name);
            let cancel = |post: &Post<'_>| post.until_applied(Inbox::cancel);
            at_places(
                case,
                engine,
                &mut counts,
                12,
                cancel,
                |posted, settled, world, kills, story| {
                    if is_applied(posted) {
                        assert_eq!(settled.ends, Ends::Cancelled, "{story}");
                    } else {
                        judge(case, &settled.ends, world, kills, story);
                    }
                },
            );
        }
    }
    counts.report("killed while letters cancel and keep");
}

fn is_applied(posted: &[Posted]) -> bool {
    posted.iter().any(|letter| letter.fate == Fate::Applied)
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Applied,
    Refused,
    /// The run ended before anybody took it.
    Pending,
}

#[derive(Debug)]
struct Posted {
    id: LetterId,
    fate: Fate,
}

/// Who posts letters for a run.
struct Post<'p> {
    inbox: Inbox,
    run: RunId,
    /// Set once the run has ended.
    home: &'p AtomicBool,
    posted: Mutex<Vec<Posted>>,
    pause: Duration,
}

impl Post<'_> {
    fn is_over(&self) -> bool {
        // Relaxed: the flag alone matters.
        self.home.load(Ordering::Relaxed)
    }

    /// Posts a letter and waits for what becomes of it; nothing if there is no logbook yet.
    fn send(
        &self,
        post: impl Fn(&Inbox, &RunId) -> Result<LetterId, LogbookError>,
    ) -> Option<Fate> {
        let id = post(&self.inbox, &self.run).ok()?;
        while self.inbox.is_pending(id).unwrap() && !self.is_over() {
            thread::sleep(Duration::from_millis(1));
        }
        let fate = if self.inbox.is_pending(id).unwrap() {
            Fate::Pending
        } else if self.inbox.refusal(id).unwrap().is_some() {
            Fate::Refused
        } else {
            Fate::Applied
        };
        self.posted.lock().unwrap().push(Posted { id, fate });
        Some(fate)
    }

    /// Posts the same request until it is applied.
    fn until_applied(&self, post: impl Fn(&Inbox, &RunId) -> Result<LetterId, LogbookError>) {
        thread::sleep(self.pause);
        while !self.is_over() && self.send(&post) != Some(Fate::Applied) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Posts the same request several times.
    fn again_and_again(&self, post: impl Fn(&Inbox, &RunId) -> Result<LetterId, LogbookError>) {
        let mut left = LETTERS;
        while !self.is_over() && left > 0 {
            thread::sleep(self.pause);
            left -= usize::from(self.send(&post) == Some(Fate::Applied));
        }
    }
}

/// Kills a run at one place after the other while `ask` posts letters for it, lets it end, and has
/// `check` look at that.
fn at_places(
    case: &'static Case,
    engine: &str,
    counts: &mut Counts,
    stride: usize,
    ask: impl Fn(&Post<'_>) + Sync,
    check: impl Fn(&[Posted], &Settled, &World, usize, &str),
) {
    let stride = if kills() < 10_000 { stride } else { 1 };
    for place in (1..).step_by(stride) {
        let tmp = tempfile::tempdir().unwrap();
        let folder = tmp.path();
        let mut random = Random::new(place);
        let home = AtomicBool::new(false);
        let post = Post {
            inbox: Inbox::at(folder.join("book")),
            run: RunId::try_from(case.name).unwrap(),
            home: &home,
            posted: Mutex::default(),
            pause: Duration::from_micros(random.below(8_000)),
        };
        let mut story = engine.to_owned();
        let mut kills = 0;
        thread::scope(|scope| {
            let _home = Home(&home);
            scope.spawn(|| ask(&post));
            let mut stop = place;
            while is_killed(case, engine, folder, stop, &mut story) {
                kills += 1;
                stop = if kills <= AGAIN {
                    1 + random.below(30)
                } else {
                    0
                };
            }
        });
        let mut posted = post.posted.into_inner().unwrap();
        story = format!("{}, {story}: {posted:?}", case.name);
        applied_once(folder, &mut posted, &story);
        let book = open(folder);
        let world = World::in_folder(folder, case.name, &Points::default());
        let before = world.effects().unwrap();
        let engine = engine.parse().unwrap();
        let settled = settle_with(
            Given::ByLetter,
            case.name,
            case.name,
            &engine,
            &book,
            &world,
        )
        .unwrap_or_else(|error| panic!("{story}: {error}"));
        assert_eq!(
            before,
            world.effects().unwrap(),
            "{story}: its end is only told"
        );
        check(&posted, &settled, &world, kills as usize, &story);
        counts.kills += u64::from(kills);
        counts.resumed += usize::from(kills > 0);
        counts.ended(&settled);
        if kills == 0 {
            return;
        }
    }
}

/// Lets the poster go, however the driver ends.
struct Home<'h>(&'h AtomicBool);

impl Drop for Home<'_> {
    fn drop(&mut self) {
        // Relaxed: the flag alone matters.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets a child drive the run, and kills it where it stops; `false` if the run ended.
fn is_killed(case: &Case, engine: &str, folder: &Path, place: u64, story: &mut String) -> bool {
    let mut child = Child::start(&["served", case.name, engine, &place.to_string()], folder);
    let line = child.line();
    if let Some(what) = line.strip_prefix("stopped ") {
        child.kill();
        *story = format!("{story}; killed at place {place}, {what}");
        return true;
    }
    let name = case.name;
    assert!(child.end(), "{name} ({story}): the child said `{line}`");
    assert!(
        Told::read(&line).is_some(),
        "{name} ({story}): the child said `{line}`"
    );
    false
}

/// Fails unless each letter that was applied is in one record, and no other letter in any. Finds
/// out about those that nobody took away after the end.
fn applied_once(folder: &Path, posted: &mut [Posted], story: &str) {
    let log = fs::read(folder.join("book/00000001.log")).unwrap();
    for letter in posted {
        let id = u128::from_str_radix(&letter.id.to_string(), 16).unwrap();
        let id = id.to_be_bytes();
        let records = log.windows(id.len()).filter(|bytes| *bytes == id).count();
        if letter.fate == Fate::Pending && records > 0 {
            letter.fate = Fate::Applied;
        }
        let expected = usize::from(letter.fate == Fate::Applied);
        assert_eq!(records, expected, "{story}: {letter:?}");
    }
}
