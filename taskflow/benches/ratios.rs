//! What the library costs over what it stands in for, with the bar beside each figure.
//!
//! `cargo bench --bench ratios` prints a table and never fails: a figure that misses its bar says
//! so. Every ratio is of two contestants of the same process, whose turns come in random order;
//! absolute figures are of the machine alone.

#[path = "shared/contest.rs"]
mod contest;
#[path = "shared/disks.rs"]
mod disks;
#[path = "shared/flows.rs"]
mod flows;
#[path = "shared/names.rs"]
mod names;
#[path = "shared/table.rs"]
mod table;

use std::env;
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use taskflow::{Durability, Logbook, Parallel, Serial};

use contest::{Contest, timed};
use disks::Witness;
use flows::{
    Chain10, Chain100, Chain1000, Fan10, Fan1000, Items, Layered, direct_chain, direct_fan, step,
    work,
};
use table::{Unit, row, title};

/// A run of a flow by an engine, in a logbook or in none.
macro_rules! run {
    ($Flow:ident, $turns:expr, $engine:expr) => {{
        let (seed, turns) = black_box((0, $turns));
        $Flow { seed, turns }.call($engine).expect("no task fails")
    }};
    ($Flow:ident, $turns:expr, $engine:expr, $book:expr) => {{
        let (seed, turns) = black_box((0, $turns));
        let ran = $Flow { seed, turns }.run($engine, $book);
        ran.expect("no task fails, and the logbook can be written")
    }};
}

fn main() -> io::Result<()> {
    if !env::args().any(|argument| argument == "--bench") {
        // `cargo test` runs this too, to see that it can be run.
        return Ok(());
    }
    let microsecond = turns_of_a_microsecond();
    serial(microsecond);
    parallel(microsecond);
    items();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ratios");
    fs::create_dir_all(&folder)?;
    handed_to_the_system(&folder)?;
    items_handed_to_the_system(&folder)?;
    synced(&folder, microsecond)?;
    fs::remove_dir_all(&folder)
}

/// How many turns of [`work`] take a microsecond on this machine.
// A few hundred.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn turns_of_a_microsecond() -> u64 {
    const TURNS: u32 = 1_000_000;
    let best = (0..9)
        .map(|_| timed(1, || work(black_box(1), black_box(TURNS.into()))))
        .min()
        .unwrap_or_default();
    (f64::from(TURNS) / best.as_secs_f64() * 1e-6) as u64
}

fn serial(microsecond: u64) {
    let mut contest = Contest::default();
    let direct10 = contest.add(|| direct_chain(10, 0));
    let ours10 = contest.add(|| run!(Chain10, 0, &Serial));
    let direct100 = contest.add(|| direct_chain(100, 0));
    let ours100 = contest.add(|| run!(Chain100, 0, &Serial));
    let direct1000 = contest.add(|| direct_chain(1000, 0));
    let ours1000 = contest.add(|| run!(Chain1000, 0, &Serial));
    let memory = |once: fn(&Logbook) -> u64| {
        move |times| {
            // A new logbook for every turn, so that none grows large.
            let book = Logbook::memory();
            timed(times, || once(&book))
        }
    };
    let book10 = contest.add_turn(memory(|book| run!(Chain10, 0, &Serial, book)));
    let book100 = contest.add_turn(memory(|book| run!(Chain100, 0, &Serial, book)));
    let book1000 = contest.add_turn(memory(|book| run!(Chain1000, 0, &Serial, book)));
    let direct_long = contest.add(move || direct_chain(1000, microsecond));
    let ours_long = contest.add(move || run!(Chain1000, microsecond, &Serial));
    let cost = contest.run();

    title("serial engine, empty tasks unless it says otherwise");
    let over = |name: &str, ours, base, tasks: f64, bar| {
        let figure = (cost(ours) - cost(base)) / tasks;
        row(name, figure, Unit::NsPerTask, bar);
    };
    over(
        "chain of 10, over direct calls",
        ours10,
        direct10,
        10.0,
        Some(40.0),
    );
    over(
        "chain of 100, over direct calls",
        ours100,
        direct100,
        100.0,
        Some(40.0),
    );
    over(
        "chain of 1000, over direct calls",
        ours1000,
        direct1000,
        1000.0,
        Some(40.0),
    );
    over(
        "chain of 10, in a memory logbook, over in none",
        book10,
        ours10,
        10.0,
        None,
    );
    over(
        "chain of 100, in a memory logbook, over in none",
        book100,
        ours100,
        100.0,
        None,
    );
    over(
        "chain of 1000, in a memory logbook, over in none",
        book1000,
        ours1000,
        1000.0,
        Some(80.0),
    );
    let figure = cost(ours_long) / cost(direct_long);
    row(
        "chain of 1000 tasks of 1 us, to direct calls",
        figure,
        Unit::Times,
        Some(1.04),
    );
}

fn parallel(microsecond: u64) {
    let engine = Parallel::with_threads(2).expect("two threads can be started");
    let engine = &engine;
    let pool = ThreadPoolBuilder::new().num_threads(2).build();
    let pool = &pool.expect("two threads can be started");

    let mut contest = Contest::default();
    let direct = contest.add(|| kept(|results| direct_fan(results, 0)));
    let joined = contest.add(|| kept(|results| pool.install(|| join(results, 0))));
    let fan = contest.add(|| run!(Fan1000, 0, engine));
    let fan_serial = contest.add(|| run!(Fan1000, 0, &Serial));
    let layered = contest.add(|| run!(Layered, 0, engine));
    let layered_serial = contest.add(|| run!(Layered, 0, &Serial));
    let chain = contest.add(|| run!(Chain1000, 0, engine));
    let chain_serial = contest.add(|| run!(Chain1000, 0, &Serial));
    let chain10 = contest.add(|| run!(Chain10, 0, engine));
    let chain10_serial = contest.add(|| run!(Chain10, 0, &Serial));
    let fan10 = contest.add(|| run!(Fan10, 0, engine));
    let fan10_serial = contest.add(|| run!(Fan10, 0, &Serial));
    let direct_long = contest.add(|| kept(|results| direct_fan(results, microsecond)));
    let joined_long = contest.add(|| kept(|results| pool.install(|| join(results, microsecond))));
    let fan_long = contest.add(|| run!(Fan1000, microsecond, engine));
    let layered_long = contest.add(|| run!(Layered, microsecond, engine));
    let layered_long_serial = contest.add(|| run!(Layered, microsecond, &Serial));
    let fan_book = contest.add_turn(|times| {
        let book = Logbook::memory();
        timed(times, || run!(Fan1000, 0, engine, &book))
    });
    let cost = contest.run();

    title("parallel engine with 2 threads, empty tasks unless it says otherwise");
    let per_task = |name: &str, lane, bar| {
        row(name, cost(lane) / 1000.0, Unit::NsPerTask, bar);
    };
    let ratio = |name: &str, ours, base, bar| {
        row(name, cost(ours) / cost(base), Unit::Times, bar);
    };
    let over = |name: &str, ours, base, bar| {
        row(
            name,
            (cost(ours) - cost(base)) / 1000.0,
            Unit::UsPerRun,
            bar,
        );
    };
    per_task("fan of 1000", fan, Some(50.0));
    per_task("fan of 1000, by the serial engine", fan_serial, None);
    per_task("fan of 1000, by direct calls", direct, None);
    ratio(
        "fan of 1000, to `rayon::join` by hand",
        fan,
        joined,
        Some(4.0),
    );
    per_task("fan of 1000, in a memory logbook", fan_book, None);
    per_task("25 layers of 40", layered, Some(80.0));
    per_task(
        "25 layers of 40, by the serial engine",
        layered_serial,
        None,
    );
    ratio(
        "chain of 1000, to the serial engine",
        chain,
        chain_serial,
        None,
    );
    over(
        "chain of 10 from outside, over the serial engine",
        chain10,
        chain10_serial,
        Some(1.0),
    );
    over(
        "fan of 10 from outside, over the serial engine",
        fan10,
        fan10_serial,
        None,
    );
    ratio(
        "fan of 1000 tasks of 1 us, to direct calls",
        fan_long,
        direct_long,
        Some(0.56),
    );
    ratio(
        "... `rayon::join` by hand, to direct calls",
        joined_long,
        direct_long,
        None,
    );
    ratio(
        "25 layers of 40 of 1 us, to the serial engine",
        layered_long,
        layered_long_serial,
        None,
    );
}

/// A map whose items cost nothing, and the same by hand.
fn items() {
    let engine = Parallel::with_threads(2).expect("two threads can be started");
    let engine = &engine;
    let mut contest = Contest::default();
    let ours = contest.add_turn(|times| mapped(MILLION, times, |flow| flow.call(engine)));
    let ours_serial = contest.add_turn(|times| mapped(MILLION, times, |flow| flow.call(&Serial)));
    let direct = contest.add(|| {
        let items: Vec<u64> = (0..u64::from(MILLION)).collect();
        let results = items.iter().map(|&item| step(item, black_box(0)));
        results.collect::<Vec<_>>()
    });
    let cost = contest.run();

    title("map of 1 000 000 items that cost nothing, in memory");
    let per_item = |name: &str, lane, bar| {
        row(name, cost(lane) / f64::from(MILLION), Unit::NsPerTask, bar);
    };
    per_item("2 threads", ours, Some(100.0));
    per_item("by the serial engine", ours_serial, None);
    per_item("by direct calls", direct, None);
}

const MILLION: u32 = 1_000_000;

/// How long it takes to run a map of so many items so often.
fn mapped(
    items: u32,
    times: u32,
    run: impl Fn(Items) -> Result<Vec<u64>, taskflow::RunError>,
) -> Duration {
    let flow = || Items {
        items: (0..items.into()).collect(),
        turns: black_box(0),
    };
    let flows: Vec<Items> = (0..times).map(|_| flow()).collect();
    let mut flows = flows.into_iter();
    timed(times, || {
        let results = run(flows.next()?).expect("no item fails, and the logbook can be written");
        Some(black_box(results).len())
    })
}

/// Runs what fills a thousand results, and gives one of them.
fn kept(fill: impl FnOnce(&mut [u64])) -> u64 {
    let mut results = vec![0; 1000];
    fill(&mut results);
    black_box(&results)[999]
}

/// What one would write by hand with rayon.
fn join(results: &mut [u64], turns: u64) {
    match results {
        [] => {}
        [result] => *result = step(black_box(0), turns),
        _ => {
            let (left, right) = results.split_at_mut(results.len() / 2);
            rayon::join(|| join(left, turns), || join(right, turns));
        }
    }
}

/// The logbook that hands every change to the operating system.
fn handed_to_the_system(folder: &Path) -> io::Result<()> {
    let witness = Witness::default();
    let book = Logbook::with_disk(Box::new(witness.clone()), Durability::Os);
    let book = book.map_err(io::Error::other)?;
    witness.take();
    run!(Chain1000, 0, &Serial, &book);
    let seen = witness.take();
    let folders = Folders::new(folder, "os");

    let mut contest = Contest::default();
    let raw = contest.add_turn(|times| {
        let mut file = folders.file();
        timed(times, || {
            let writes = seen.writes.iter();
            writes.for_each(|bytes| file.write_all(bytes).expect("the file can be written"));
        })
    });
    let ours = contest.add_turn(|times| {
        let book = folders.book(Durability::Os);
        timed(times, || run!(Chain1000, 0, &Serial, &book))
    });
    let never = contest.add_turn(|times| {
        let book = folders.book(Durability::Never);
        timed(times, || run!(Chain1000, 0, &Serial, &book))
    });
    let cost = contest.run();

    title("logbook, every change handed to the operating system");
    let per_task = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / 1000.0;
    row(
        "chain of 1000 small results, to raw writes of the bytes",
        cost(ours) / cost(raw),
        Unit::Times,
        Some(2.0),
    );
    row(
        "writes",
        per_task(seen.writes.len()),
        Unit::PerTask,
        Some(1.001),
    );
    let bytes = seen.writes.iter().map(Vec::len).sum();
    row("kilobytes", per_task(bytes) / 1000.0, Unit::PerTask, None);
    row("raw writes", cost(raw) / 1000.0, Unit::NsPerTask, None);
    row("ours", cost(ours) / 1000.0, Unit::NsPerTask, None);
    row(
        "ours, written when a run ends",
        cost(never) / 1000.0,
        Unit::NsPerTask,
        None,
    );
    Ok(())
}

/// A map that hands every change to the operating system.
fn items_handed_to_the_system(folder: &Path) -> io::Result<()> {
    const ITEMS: u32 = 20_000;
    // Each item starts and is done.
    const RECORDS: u32 = 2 * ITEMS;
    let engine = Parallel::with_threads(2).map_err(io::Error::other)?;
    let engine = &engine;
    let witness = Witness::default();
    let book = Logbook::with_disk(Box::new(witness.clone()), Durability::Os);
    let book = book.map_err(io::Error::other)?;
    witness.take();
    mapped(ITEMS, 1, |flow| flow.run(&Serial, &book));
    let seen = witness.take();
    let bytes: usize = seen.writes.iter().map(Vec::len).sum();
    let record = vec![7; bytes / RECORDS as usize];
    let folders = Folders::new(folder, "items");

    let mut contest = Contest::default();
    let raw = contest.add_turn(|times| {
        let mut file = folders.file();
        timed(times, || {
            for _ in 0..RECORDS {
                file.write_all(&record).expect("the file can be written");
            }
        })
    });
    let ours = contest.add_turn(|times| {
        let book = folders.book(Durability::Os);
        mapped(ITEMS, times, |flow| flow.run(engine, &book))
    });
    let ours_serial = contest.add_turn(|times| {
        let book = folders.book(Durability::Os);
        mapped(ITEMS, times, |flow| flow.run(&Serial, &book))
    });
    let memory = contest.add_turn(|times| {
        let book = Logbook::memory();
        mapped(ITEMS, times, |flow| flow.run(engine, &book))
    });
    let cost = contest.run();

    title("map of 20 000 items that cost nothing, every change handed to the operating system");
    let per_item = |name: &str, lane| {
        row(name, cost(lane) / f64::from(ITEMS), Unit::NsPerTask, None);
    };
    row(
        "2 threads, to a raw write of each record",
        cost(ours) / cost(raw),
        Unit::Times,
        Some(2.0),
    );
    per_item("raw writes of its records", raw);
    per_item("2 threads", ours);
    per_item("by the serial engine", ours_serial);
    per_item("2 threads, in a memory logbook", memory);
    Ok(())
}

/// The logbook that syncs every change.
fn synced(folder: &Path, microsecond: u64) -> io::Result<()> {
    let witness = Witness::default();
    let book = Logbook::with_disk(Box::new(witness.clone()), Durability::Synced);
    let book = book.map_err(io::Error::other)?;
    witness.take();
    run!(Chain100, 0, &Serial, &book);
    let seen = witness.take();

    title("logbook, every change synced");
    let per_task = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / 100.0;
    row(
        "writes",
        per_task(seen.writes.len()),
        Unit::PerTask,
        Some(1.01),
    );
    row("syncs", per_task(seen.syncs), Unit::PerTask, Some(1.01));

    let folders = Folders::new(folder, "synced");
    if sync_time(&mut folders.file())? < Duration::from_micros(5) {
        println!("  not timed: a sync takes under 5 us here, so that this is no disk");
        return Ok(());
    }
    let mut contest = Contest::default();
    let raw = contest.add_turn(|times| {
        let mut file = folders.file();
        timed(times, || {
            for bytes in &seen.writes {
                file.write_all(bytes).expect("the file can be written");
                file.sync_data().expect("the file can be synced");
            }
        })
    });
    let ours = contest.add_turn(|times| {
        let book = folders.book(Durability::Synced);
        timed(times, || run!(Chain100, 0, &Serial, &book))
    });
    let long = 20 * microsecond;
    let bare = contest.add(move || run!(Chain1000, long, &Serial));
    let pipelined = contest.add_turn(|times| {
        let book = folders.book(Durability::Pipelined);
        timed(times, || run!(Chain1000, long, &Serial, &book))
    });
    let cost = contest.run();
    row(
        "pipelined, chain of 1000 tasks of 20 us, to no logbook",
        cost(pipelined) / cost(bare),
        Unit::Times,
        Some(1.08),
    );
    row(
        "chain of 100 small results, to raw writes and syncs",
        cost(ours) / cost(raw),
        Unit::Times,
        Some(1.1),
    );
    row(
        "raw writes and syncs",
        cost(raw) / 100.0,
        Unit::NsPerTask,
        None,
    );
    Ok(())
}

/// How long a sync of a small write takes here.
fn sync_time(file: &mut File) -> io::Result<Duration> {
    const SYNCS: u32 = 100;
    let start = Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&[0; 64])?;
        file.sync_data()?;
    }
    Ok(start.elapsed() / SYNCS)
}

/// Files and logbooks of which none is there yet; the one before it is removed.
struct Folders {
    place: PathBuf,
}

impl Folders {
    fn new(folder: &Path, name: &str) -> Self {
        Self {
            place: folder.join(name),
        }
    }

    fn file(&self) -> File {
        let path = self.place.with_extension("raw");
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        file.expect("a file can be made in the folder for temporary files")
    }

    fn book(&self, durability: Durability) -> Logbook {
        let path = self.place.with_extension("book");
        let _ = fs::remove_dir_all(&path);
        let book = Logbook::options(path).durability(durability).open();
        book.expect("a logbook can be made in the folder for temporary files")
    }
}
