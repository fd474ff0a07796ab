//! A service whose process the runner's tests end: it recovers, starts what it is told to, and says
//! on its standard output what becomes of that.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io, io::Write, process, thread};

use taskflow::{Durability, Logbook, Runner, Serial, flow, task};

#[task]
fn prepare(number: u32) -> u32 {
    number + 1
}

/// Ends the process, without a chance for anybody.
#[task]
fn explode(prepare: u32) -> u32 {
    if prepare > 0 {
        process::abort();
    }
    prepare
}

#[task]
fn sleep(prepare: u32) -> u32 {
    thread::sleep(Duration::from_millis(200));
    prepare
}

flow! {
    struct Bomb { number: u32 } -> explode: u32
    linear[prepare, explode]
}

flow! {
    struct Nap { number: u32 } -> sleep: u32
    linear[prepare, sleep]
}

/// Writes a line, in one piece, that outlives the process.
fn note(journal: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().append(true).create(true).open(journal)?;
    file.write_all(format!("{line}\n").as_bytes())
}

#[task(revert = take_back(number, journal))]
fn put(number: u32, journal: &Path) -> io::Result<()> {
    note(journal, &format!("put {number}"))?;
    thread::sleep(Duration::from_millis(2));
    Ok(())
}

fn take_back(number: u32, journal: &Path) -> io::Result<()> {
    note(journal, &format!("take {number}"))
}

/// Every third is refused.
#[task]
fn accept(number: u32) -> Result<u32, String> {
    thread::sleep(Duration::from_millis(2));
    if number.is_multiple_of(3) {
        Err(format!("{number} is refused"))
    } else {
        Ok(number)
    }
}

flow! {
    struct Order { number: u32, #[resource] journal: PathBuf } -> accept: u32
    linear[put, retry(times = 2)[accept]]
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [folder, what] = &args[..] else {
        return Err(format!("{args:?} are not the arguments of a test").into());
    };
    let book = Logbook::options(Path::new(folder).join("book"))
        .durability(Durability::Os)
        .open()?;
    let runner = Runner::new(Serial, book)
        .register::<Bomb>(BombResources {})
        .register::<Nap>(NapResources {})
        .register::<Order>(OrderResources {
            journal: Path::new(folder).join("journal"),
        })
        // Who is killed on purpose is not to blame.
        .max_resumes(if what == "orders" { 1000 } else { 3 })
        .build();
    let recovery = runner.recover()?;
    say(&recovery.to_string())?;
    match what.as_str() {
        "bomb" => {
            runner
                .start::<Bomb>(BombInputs { number: 1 })
                .id("bomb")
                .start()?
                .wait()?;
        }
        "naps" => {
            let start = |number: u32| {
                let nap = runner.start::<Nap>(NapInputs { number });
                nap.id(format!("nap-{number}")).start()
            };
            let naps = (0..20).map(start).collect::<Result<Vec<_>, _>>()?;
            say("started")?;
            for nap in naps {
                say(&format!("{} {}", nap.id(), nap.wait()?))?;
            }
        }
        "orders" => {
            let start = |number: u32| {
                let order = runner.start::<Order>(OrderInputs { number });
                order.id(format!("order-{number}")).start()
            };
            let orders = (0..100).map(start).collect::<Result<Vec<_>, _>>()?;
            say("started")?;
            for order in orders {
                let end = match order.wait() {
                    Ok(number) => format!("accepted {number}"),
                    Err(error) => format!("{error}"),
                };
                say(&format!("{}: {end}", order.id()))?;
            }
        }
        "resume" => {
            runner.resume(&"bomb".parse()?)?;
            thread::sleep(Duration::from_mins(1));
        }
        _ => {}
    }
    say(&runner.drain(Duration::from_mins(1)).to_string())
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
