//! A run that is killed at each place in turn: before, within and after every append to the book,
//! and before and after every effect. Who takes it up is killed too, at places that chance takes.
//!
//! With `TASKFLOW_KILLS` from 10000 on, each place has its turn once more for each 5000.

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
    for case in CASES {
        let killed = Killed::new(case, engine);
        for seed in 0..(kills() / 5_000).max(1) {
            let mut place = 1;
            while killed.first_at(place, seed, &mut counts) {
                place += 1;
            }
            assert!(place > 20, "`{}` has only {place} places", case.name);
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
        let mut story = self.engine_name.to_owned();
        let mut told = self.child_until(folder, place, &mut story);
        let reached = told.is_none();
        counts.kills += u64::from(reached);
        counts.resumed += usize::from(reached);
        for _ in 0..AGAIN {
            if told.is_none() {
                told = self.child_until(folder, 1 + random.below(20), &mut story);
                counts.kills += u64::from(told.is_none());
            }
        }

        let world = World::in_folder(folder, self.case.name, &Points::default());
        let book = open(folder);
        let settled = settle(self.case.name, self.case.name, &self.engine, &book, &world)
            .unwrap_or_else(|error| panic!("{} ({story}): {error}", self.case.name));
        judge(self.case, &settled.ends, &world, &story);
        if let Some(told) = told {
            assert_eq!(told.ends, format!("{:?}", settled.ends), "{story}");
            assert_eq!(settled.asked, 0, "{story}: what had ended is only told");
            counts.asked += told.asked;
        }
        counts.ended(&settled);
        reached
    }

    /// Lets a child drive the run, and kills it where it stops. What the child was told if it got
    /// to the end.
    fn child_until(&self, folder: &Path, place: u64, story: &mut String) -> Option<Told> {
        let name = self.case.name;
        let mut child = Child::start(
            &["once", name, self.engine_name, &place.to_string()],
            folder,
        );
        let line = child.line();
        if let Some(what) = line.strip_prefix("stopped ") {
            child.kill();
            *story = format!("{story}; killed at place {place}, {what}");
            self.look(folder, story);
            return None;
        }
        assert!(child.end(), "{name} ({story}): the child said `{line}`");
        let told = Told::read(&line);
        assert!(told.is_some(), "{name} ({story}): the child said `{line}`");
        told
    }

    /// Looks at a copy of the book: a task that did something had been started, so everything
    /// before it had been recorded.
    fn look(&self, folder: &Path, story: &str) {
        let name = self.case.name;
        let world = World::in_folder(folder, name, &Points::default());
        let effects = world.effects().unwrap();
        // Once the run fails, what had been done is being undone.
        let is_undoing = |(what, path, _): &(String, String, String)| {
            what == "undo" || self.case.promises.contains(&(path.as_str(), Promise::Free))
        };
        if effects.iter().any(is_undoing) {
            return;
        }
        let started: Vec<String> = effects.into_iter().map(|(_, path, _)| path).collect();
        let bytes = fs::read(folder.join("book/00000001.log")).unwrap();
        let copy = MemoryDisk::new(bytes);
        let book = Logbook::with_disk(Box::new(copy), Durability::Os).unwrap();
        let id = RunId::try_from(name).unwrap();
        if book.run_summary(&id).unwrap().is_none() {
            assert!(started.is_empty(), "{name} ({story}): {started:?}");
            return;
        }
        let (done, due) = done_and_due(name, &id, &started, &self.engine, &book).unwrap();
        // What is not stored runs again in each process that needs it.
        for task in due.into_iter().filter(|task| task != "connect") {
            assert!(
                done.contains(&task),
                "{name} ({story}): `{task}` is lost, {started:?} were started"
            );
        }
    }
}
