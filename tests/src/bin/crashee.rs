//! The process that the crash tests kill: it drives runs and says on its standard output what it
//! was told is recorded.

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::path::Path;

use taskflow::{AnyEngine, Durability, Logbook};
use tests::crash::{CASES, Given, Points, StoppingDisk, World, settle, settle_with};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["once", folder, name, engine, point] => once(
            Path::new(folder),
            name,
            &engine.parse()?,
            point.parse()?,
            Given::Here,
        ),
        ["served", folder, name, engine, point] => once(
            Path::new(folder),
            name,
            &engine.parse()?,
            point.parse()?,
            Given::ByLetter,
        ),
        ["many", folder, engine, first] => {
            many(Path::new(folder), &engine.parse()?, first.parse()?)
        }
        ["hold", folder] => hold(Path::new(folder)),
        _ => Err(format!("{args:?} are not the arguments of a test").into()),
    }
}

/// Drives one run to its end, and stops at the given place for ever.
fn once(
    folder: &Path,
    name: &str,
    engine: &AnyEngine,
    point: u64,
    given: Given,
) -> Result<(), Box<dyn Error>> {
    let points = Points::stop_at(point);
    let book = Logbook::options(folder.join("book"))
        .durability(Durability::Os)
        .open_through(|disk| Box::new(StoppingDisk::new(disk, &points)))?;
    let world = World::in_folder(folder, name, &points);
    let settled = settle_with(given, name, name, engine, &book, &world)?;
    say(&format!(
        "ended {name} {} {:?}",
        settled.asked, settled.ends
    ))
}

/// Ends what was begun before, then drives one run after the other until it is killed.
///
/// A run is called by its number and the name of its case.
fn many(folder: &Path, engine: &AnyEngine, first: usize) -> Result<(), Box<dyn Error>> {
    let points = Points::default();
    let book = Logbook::options(folder.join("book"))
        .durability(Durability::Os)
        .open()?;
    say("ready")?;
    let go = |id: &str, name: &str| {
        let world = World::in_folder(folder, id, &points);
        let settled = settle(name, id, engine, &book, &world)?;
        say(&format!("ended {id} {} {:?}", settled.asked, settled.ends))
    };
    for run in book
        .runs()?
        .into_iter()
        .filter(|run| run.state.is_unfinished())
    {
        let id = run.id.to_string();
        if let Some((_, name)) = id.split_once('-') {
            go(&id, name)?;
        }
    }
    for number in first.. {
        let name = CASES[number % CASES.len()].name;
        go(&format!("{number}-{name}"), name)?;
    }
    Ok(())
}

/// Holds a logbook until the standard input ends.
fn hold(folder: &Path) -> Result<(), Box<dyn Error>> {
    let _book = Logbook::open(folder)?;
    say("held")?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
