//! A service whose process the runner's tests end: it recovers, starts what it is told to, and says
//! on its standard output what becomes of that.

use std::error::Error;
use std::path::Path;
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
        .max_resumes(3)
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
