//! A run that is killed at each place in turn: before, within and after every append to the book,
//! and before and after every effect. Who takes it up is killed too, at places that chance takes.
//!
//! Of what has groups, one place in several has its turn. With `TASKFLOW_KILLS` from 10000 on, every
//! place has, and once more for each 5000.

use std::fs;
use std::path::Path;

use taskflow::logbook::MemoryDisk;
use taskflow::{AnyEngine, Durability, Logbook, RunId};
use tests::crash::{CASES, Case, Points, Promise, World, done_and_due, judge, settle};

use super::child::{Child, Told};
use super::{Counts, Random, kills, open};

/// How often those are killed that take up one run.
const AGAIN: u32 = 3;

#[test]
fn killed_at_every_place_serial() {
    killed_at_every_place("serial");
}

#[test]
fn killed_at_every_place_parallel() {
    killed_at_every_place("parallel:2");
}

fn killed_at_every_place(engine: &'static str) {
    let mut counts = Counts::default();
    for (number, case) in (0..).zip(CASES) {
        let killed = Killed::new(case, engine);
        let stride = if kills() < 10_000 { case.stride } else { 1 };
        for seed in 0..(kills() / 5_000).max(1) {
            // Each case and each engine begins at another place.
            let first = 1 + (number + u64::from(engine == "serial") * 2) % stride;
            let mut place = first;
            while killed.first_at(place, seed, &mut counts) {
                place += stride;
            }
            assert!(place > 15, "`{}` has only {place} places", case.name);
        }
    }
    counts.report(&format!("killed at every place, {engine}"));
}

/// One case that is killed again and again.
struct Killed {
    case: &'static Case,
    engine: AnyEngine,
    engine_name: &'static str,
}

impl Killed {
    fn new(case: &'static Case, engine: &'static str) -> Killed {
        Killed {
            case,
            engine: engine.parse().unwrap(),
            engine_name: engine,
        }
    }

    /// Kills a run at a place, then those who take it up, then lets it end. `false` if the run
    /// ended before it came to the place.
    fn first_at(&self, place: u64, seed: u64, counts: &mut Counts) -> bool {
        let tmp = tempfile::tempdir().unwrap();
        let folder = tmp.path();
        let mut random = Random::new(seed << 32 | place);
        let mut lives = Lives::new(self, folder);
        let mut told = lives.until(place);
        let reached = told.is_none();
        counts.resumed += usize::from(reached);
        for _ in 0..AGAIN {
            if told.is_none() {
                told = lives.until(1 + random.below(20));
            }
        }
        counts.kills += lives.kills as u64;

        let world = World::in_folder(folder, self.case.name, &Points::default());
        let book = open(folder);
        let story = &lives.story;
        let settled = settle(self.case.name, self.case.name, &self.engine, &book, &world)
            .unwrap_or_else(|error| panic!("{} ({story}): {error}", self.case.name));
        judge(self.case, &settled.ends, &world, lives.kills, story);
        lives.check_for_good();
        if let Some(told) = told {
            assert_eq!(told.ends, format!("{:?}", settled.ends), "{story}");
            assert_eq!(settled.asked, 0, "{story}: what had ended is only told");
            counts.asked += told.asked;
        }
        counts.ended(&settled);
        reached
    }
}

/// The processes that drive a run one after the other.
struct Lives<'k> {
    killed: &'k Killed,
    folder: &'k Path,
    kills: usize,
    story: String,
    /// The tasks that were recorded as done when a process was killed, with the key of what they
    /// had done, and how many effects there were then.
    done: Vec<(usize, String, String)>,
}

impl<'k> Lives<'k> {
    fn new(killed: &'k Killed, folder: &'k Path) -> Lives<'k> {
        Lives {
            killed,
            folder,
            kills: 0,
            story: killed.engine_name.to_owned(),
            done: Vec::new(),
        }
    }

    /// Lets a child drive the run, and kills it where it stops. What the child was told if it got
    /// to the end.
    fn until(&mut self, place: u64) -> Option<Told> {
        let name = self.killed.case.name;
        let args = ["once", name, self.killed.engine_name, &place.to_string()];
        let mut child = Child::start(&args, self.folder);
        let line = child.line();
        if let Some(what) = line.strip_prefix("stopped ") {
            child.kill();
            self.kills += 1;
            self.story = format!("{}; killed at place {place}, {what}", self.story);
            self.look();
            return None;
        }
        let story = &self.story;
        assert!(child.end(), "{name} ({story}): the child said `{line}`");
        let told = Told::read(&line);
        assert!(told.is_some(), "{name} ({story}): the child said `{line}`");
        told
    }

    /// Looks at a copy of the book: a task that did something had been started, so everything
    /// before it had been recorded.
    fn look(&mut self) {
        let (case, story) = (self.killed.case, &self.story);
        let world = World::in_folder(self.folder, case.name, &Points::default());
        let effects = world.effects().unwrap();
        let started: Vec<String> = effects.iter().map(|(_, path, _)| path.clone()).collect();
        let bytes = fs::read(self.folder.join("book/00000001.log")).unwrap();
        let copy = MemoryDisk::new(bytes);
        let book = Logbook::with_disk(Box::new(copy), Durability::Os).unwrap();
        let id = RunId::try_from(case.name).unwrap();
        if book.run_summary(&id).unwrap().is_none() {
            assert!(started.is_empty(), "{} ({story}): {started:?}", case.name);
            return;
        }
        let (done, due) =
            done_and_due(case.name, &id, &started, &self.killed.engine, &book).unwrap();
        // Once the run fails, what had been done is being undone.
        let is_undoing = |(what, path, _): &(String, String, String)| {
            what == "undo" || case.promises.contains(&(path.as_str(), Promise::Free))
        };
        let undoing = effects.iter().any(is_undoing);
        // What is not stored runs again in each process that needs it.
        for task in due.into_iter().filter(|task| task != "connect") {
            assert!(
                undoing || done.contains(&task),
                "{} ({story}): `{task}` is lost, {started:?} were started",
                case.name
            );
        }
        for task in done {
            let last = effects.iter().rev().find(|(_, path, _)| *path == task);
            if let Some((_, path, key)) = last.filter(|(what, ..)| what == "do") {
                self.done.push((effects.len(), path.clone(), key.clone()));
            }
        }
    }

    /// Fails if a task ran again that was recorded as done and not taken back since.
    fn check_for_good(&self) {
        let case = self.killed.case;
        let world = World::in_folder(self.folder, case.name, &Points::default());
        let effects = world.effects().unwrap();
        for (then, task, key) in &self.done {
            let promise = case.promises.iter().find(|(name, _)| name == task);
            if task == "connect" || !promise.is_some_and(|(_, promise)| promise.is_for_good()) {
                continue;
            }
            let is_again = |(what, path, again): &(String, String, String)| {
                what == "do" && path == task && again == key
            };
            assert!(
                !effects[*then..].iter().any(is_again),
                "{} ({}): `{task}` was done, and ran again: {effects:#?}",
                case.name,
                self.story
            );
        }
    }
}
