//! Processes that are killed at random moments while they drive one run after the other.
//!
//! `TASKFLOW_KILLS` says how often, for both engines together; 1000 unless it does.

use std::collections::HashMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use taskflow::AnyEngine;
use tests::crash::{Ends, Points, World, case, judge, settle};

use super::child::{Child, Told};
use super::{Counts, Random, kills, open};

/// How many processes write to one book, each after the other was killed.
const PER_BOOK: u64 = 20;

/// How long a process lives at most once it is ready, in microseconds.
const LIFE_MAX: u64 = 15_000;

#[test]
fn killed_at_random_serial() {
    killed_at_random("serial");
}

#[test]
fn killed_at_random_parallel() {
    killed_at_random("parallel:2");
}

fn killed_at_random(engine: &str) {
    let kills = kills() / 2;
    let mut counts = Counts::default();
    for book in 0..kills.div_ceil(PER_BOOK) {
        let left = kills - book * PER_BOOK;
        one_book(engine, book, left.min(PER_BOOK), &mut counts);
    }
    counts.report(&format!("killed at random, {engine}"));
}

fn one_book(engine: &str, seed: u64, kills: u64, counts: &mut Counts) {
    let tmp = tempfile::tempdir().unwrap();
    let folder = tmp.path();
    let mut random = Random::new(seed);
    let mut told: HashMap<String, String> = HashMap::new();
    // Each book begins with another case.
    let mut next = seed;
    for _ in 0..kills {
        let mut child = Child::start(&["many", engine, &next.to_string()], folder);
        assert_eq!(child.line(), "ready");
        thread::sleep(Duration::from_micros(random.below(LIFE_MAX)));
        for line in child.kill() {
            let Told { id, asked, ends } = Told::read(&line).unwrap();
            let number: u64 = id.split('-').next().unwrap().parse().unwrap();
            next = next.max(number + 1);
            counts.asked += asked;
            if let Some(before) = told.insert(id.clone(), ends.clone()) {
                assert_eq!(before, ends, "{engine}, book {seed}: run `{id}` ends twice");
            }
        }
        counts.kills += 1;
    }
    settle_all(engine, seed, folder, &told, counts);
}

/// Brings every run of the book to its end, and judges each.
fn settle_all(
    engine: &str,
    seed: u64,
    folder: &Path,
    told: &HashMap<String, String>,
    counts: &mut Counts,
) {
    let book = open(folder);
    let name = engine;
    let engine: AnyEngine = engine.parse().unwrap();
    let runs = book.runs().unwrap();
    for id in told.keys() {
        let is_there = runs.iter().any(|run| run.id.as_ref() == id);
        assert!(is_there, "{name}, book {seed}: run `{id}` is lost");
    }
    for run in runs {
        let id = run.id.to_string();
        let story = format!("{name}, book {seed}, run `{id}`");
        let (_, case_name) = id.split_once('-').unwrap();
        let world = World::in_folder(folder, &id, &Points::default());
        counts.resumed += usize::from(run.state.is_unfinished());
        if told.contains_key(&id) {
            assert!(
                !run.state.is_unfinished() || matches!(case(case_name).ends, Ends::Left(_)),
                "{story}: its end is lost"
            );
        }
        let settled = settle(case_name, &id, &engine, &book, &world)
            .unwrap_or_else(|error| panic!("{story}: {error}"));
        judge(case(case_name), &settled.ends, &world, usize::MAX, &story);
        if let Some(ends) = told.get(&id) {
            assert_eq!(*ends, format!("{:?}", settled.ends), "{story}");
        }
        counts.ended(&settled);
    }
}
