//! Runs the provisioning program as people do: approves, refuses, stops and kills it, and counts
//! what is in the cloud in the end.

mod program;

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use taskflow::{LetterId, LogbookReader, RunId, RunState, RunSummary};
use tempfile::TempDir;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program::build("provision"));

/// A cloud, a logbook, and the order of a machine.
struct Ground {
    root: TempDir,
    order: Vec<String>,
    /// Of the next process: what goes wrong is the cloud's affair, and no part of the order.
    seed: Cell<u64>,
}

/// The program at work on the order.
struct Process {
    child: Child,
    book: PathBuf,
    /// What the owner has said, from the start of the run.
    letter: Option<LetterId>,
}

impl Ground {
    /// `extra` is added to the order.
    fn new(extra: &str) -> Self {
        let base = "run --tenant acme --name web-1 --cloud cloud --logbook book";
        let words = base.split(' ').chain(extra.split_whitespace());
        Self {
            root: tempfile::tempdir().unwrap(),
            order: words.map(str::to_owned).collect(),
            seed: Cell::new(0),
        }
    }

    fn with_seed(self, seed: u64) -> Self {
        self.seed.set(seed);
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&*PROGRAM);
        command.current_dir(&self.root).args(args);
        command
    }

    fn start(&self) -> Process {
        let mut command = self.command(&[]);
        let seed = self.seed.replace(self.seed.get() + 1000).to_string();
        command.args(&self.order).args(["--seed", &seed]);
        command.stdout(Stdio::piped());
        Process {
            child: command.stderr(Stdio::piped()).spawn().unwrap(),
            book: self.root.path().join("book"),
            letter: None,
        }
    }

    /// Runs the order, approved by a second process, to its end.
    fn approved(&self) -> (Option<i32>, String) {
        let process = self.start();
        self.say("approve", &["--by", "eve"]);
        process.end()
    }

    /// The same, and starts it again until all that it could not undo is undone.
    fn approved_until_over(&self) -> (Option<i32>, String) {
        let (mut code, mut text) = self.approved();
        while self.unfinished().is_some() {
            assert!(
                text.contains("start again with the same arguments"),
                "{text}"
            );
            (code, text) = self.start().end();
        }
        (code, text)
    }

    /// Asks something of the unfinished run, until it is taken; what the program says.
    fn say(&self, what: &str, more: &[&str]) -> String {
        let start = Instant::now();
        let mut heard = "there is no run".to_owned();
        loop {
            let run = self.unfinished().map(|run| run.id);
            if let Some(run) = run {
                let mut command = self.command(&[what, run.as_ref(), "--logbook", "book"]);
                let (code, text) = program::told(&command.args(more).output().unwrap());
                if code == Some(0) {
                    return text;
                }
                heard = text;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{heard}");
            sleep(Duration::from_millis(10));
        }
    }

    fn runs(&self) -> Vec<RunSummary> {
        let book = LogbookReader::open(self.root.path().join("book"));
        book.and_then(|book| book.runs()).unwrap_or_default()
    }

    fn unfinished(&self) -> Option<RunSummary> {
        let mut runs = self.runs().into_iter();
        runs.find(|run| run.state.is_unfinished())
    }

    /// The objects in the cloud: kind, and what is known of each.
    fn objects(&self) -> Vec<(String, Value)> {
        let Ok(files) = fs::read_dir(self.root.path().join("cloud")) else {
            return Vec::new();
        };
        let objects = files.map(|file| {
            let path = file.unwrap().path();
            assert!(
                path.extension().is_some_and(|end| end == "json"),
                "{}",
                path.display()
            );
            let object: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let kind = object["detail"].as_object().unwrap().keys().next().unwrap();
            (kind.clone(), object)
        });
        let mut objects: Vec<_> = objects.collect();
        objects.sort_by(|(a, _), (b, _)| a.cmp(b));
        objects
    }

    /// How many objects are there whose ids begin like this, also while the program is at work.
    fn count(&self, prefix: &str) -> usize {
        let Ok(files) = fs::read_dir(self.root.path().join("cloud")) else {
            return 0;
        };
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let of_kind = |name: &String| {
            let parts = name.split_once('.');
            parts.is_some_and(|(id, end)| id.starts_with(prefix) && end == "json")
        };
        names.filter(of_kind).count()
    }

    /// One machine with all that belongs to it, and nothing else.
    fn assert_one_machine(&self) {
        let objects = self.objects();
        let kinds: Vec<_> = objects.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["dns", "network", "quota", "server", "volume", "volume"]
        );
        let (network, server) = (&objects[1].1, &objects[3].1);
        assert_eq!(server["detail"]["server"]["network"], network["id"]);
        for (_, volume) in &objects[4..] {
            assert_eq!(volume["detail"]["volume"]["attached"], server["id"]);
        }
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!(self.objects(), [], "orphans");
    }

    /// Starts the order and kills it, later each time, until its run is over.
    fn killed_until_over(&self) -> RunState {
        let mut letter = None;
        let mut kills = 0;
        let mut delay = Duration::from_millis(10);
        loop {
            let mut process = self.start();
            process.letter = letter;
            let start = Instant::now();
            while start.elapsed() < delay && process.child.try_wait().unwrap().is_none() {
                process.approve();
                sleep(Duration::from_millis(2));
            }
            process.child.kill().unwrap();
            letter = process.letter;
            let (code, text) = process.end();
            kills += u32::from(code.is_none());
            let runs = self.runs();
            if let [run] = &*runs
                && !run.state.is_unfinished()
            {
                assert!(kills > 2, "{kills} kills");
                return run.state;
            }
            let left = text.contains("start again with the same arguments");
            assert!(
                runs.len() < 2 && (code.is_none() || left),
                "{code:?} {text}"
            );
            delay += delay / 6;
        }
    }
}

impl Process {
    fn end(self) -> (Option<i32>, String) {
        program::told(&self.child.wait_with_output().unwrap())
    }

    /// Approves the run if it may be there to be approved, and it is not yet.
    fn approve(&mut self) {
        let Ok(reader) = LogbookReader::open(&self.book) else {
            return;
        };
        let inbox = reader.inbox();
        if let Some(letter) = self.letter {
            // One that came too early was refused.
            if inbox.refusal(letter).unwrap().is_none() {
                return;
            }
        }
        if let [run] = &*reader.runs().unwrap() {
            let approval = r#"{"by": "eve", "yes": true}"#;
            self.letter = Some(inbox.signal_json(&run.id, "approval", approval).unwrap());
        }
    }
}

fn engines() -> impl Iterator<Item = &'static str> {
    ["serial", "parallel:4"].into_iter().cycle()
}

#[test]
fn in_spite_of_trouble_there_is_one_machine() {
    for (seed, engine) in (0..6).zip(engines()) {
        let ground = Ground::new(&format!(
            "--boot-takes 300ms --trouble 0.2 --engine {engine}"
        ));
        let ground = ground.with_seed(seed);
        let (code, text) = ground.approved();
        assert_eq!(code, Some(0), "seed {seed}: {text}");
        ground.assert_one_machine();
    }
}

#[test]
fn in_great_trouble_there_is_all_or_nothing() {
    let mut codes = Vec::new();
    for (seed, engine) in (0..8).zip(engines()) {
        let ground = Ground::new(&format!(
            "--boot-takes 300ms --trouble 0.6 --engine {engine}"
        ));
        let ground = ground.with_seed(seed);
        let (code, text) = ground.approved_until_over();
        match code {
            Some(0) if text.contains("it has no name") => assert_eq!(ground.objects().len(), 5),
            Some(0) => ground.assert_one_machine(),
            _ => ground.assert_nothing_is_left(),
        }
        codes.push(code);
    }
    assert!(
        codes.contains(&Some(0)) && codes.contains(&Some(1)),
        "{codes:?}"
    );
}

#[test]
fn what_is_refused_is_not_made() {
    let ground = Ground::new("");
    let process = ground.start();
    ground.say("approve", &["--by", "eve", "--no"]);
    let (code, text) = process.end();
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("error: eve refused it; ask there what is wanted (task `accept`)\n"),
        "{text}"
    );
    assert!(text.contains("removed again"), "{text}");
    ground.assert_nothing_is_left();
}

#[test]
fn what_cannot_be_is_undone() {
    for (extra, message) in [
        (
            "--cores 100",
            "could not reserve 100 cores and 8 GiB: the tenant has 64 cores left; ask for fewer, \
             or remove a machine (task `reserve_quota`)",
        ),
        (
            "--ram 1000 --engine parallel:4",
            "could not order server `web-1`: no host has so much memory; ask for 512 GiB at most \
             (task `boot`)",
        ),
        (
            "--ram 1000 --engine serial --trouble 0.3",
            "no host has so much memory",
        ),
    ] {
        let ground = Ground::new(extra);
        let (code, text) = ground.approved_until_over();
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(message), "{text}");
        ground.assert_nothing_is_left();
        assert_eq!(ground.runs()[0].state, RunState::Reverted);
    }
}

#[test]
fn killed_again_and_again_there_is_one_machine() {
    for engine in engines().take(2) {
        let ground = Ground::new(&format!("--boot-takes 300ms --engine {engine}"));
        assert_eq!(ground.killed_until_over(), RunState::Succeeded);
        ground.assert_one_machine();
    }
}

#[test]
fn killed_again_and_again_in_trouble_there_is_all_or_nothing() {
    for (seed, engine) in (0..4).zip(engines()) {
        let ground = Ground::new(&format!(
            "--boot-takes 300ms --trouble 0.2 --engine {engine}"
        ));
        let ground = ground.with_seed(seed);
        match ground.killed_until_over() {
            RunState::Succeeded => ground.assert_one_machine(),
            RunState::Reverted => ground.assert_nothing_is_left(),
            state => panic!("{state}"),
        }
    }
}

#[test]
fn killed_again_and_again_while_it_is_undone_nothing_is_left() {
    for (engine, trouble) in engines().zip(["0", "0", "0.2", "0.2"]) {
        let extra = format!("--ram 1000 --trouble {trouble} --engine {engine}");
        let ground = Ground::new(&extra);
        assert_eq!(ground.killed_until_over(), RunState::Reverted);
        ground.assert_nothing_is_left();
    }
}

#[test]
fn who_does_not_answer_in_time_has_not_approved() {
    let ground = Ground::new("--approve-within 200ms");
    let (code, text) = ground.start().end();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("(task `approval`)"), "{text}");
    ground.assert_nothing_is_left();
}

#[test]
fn a_server_that_does_not_come_up_in_time_is_removed() {
    let ground = Ground::new("--boot-takes 1h --boot-within 500ms");
    let (code, text) = ground.approved();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("it did not become active in time"), "{text}");
    assert!(text.contains("order server `web-1`: done"), "{text}");
    ground.assert_nothing_is_left();
}

#[test]
fn a_second_process_ends_a_run() {
    // While it waits for the owner, and while the server boots.
    for approved in [false, true] {
        let ground = Ground::new("");
        let process = ground.start();
        if approved {
            ground.say("approve", &["--by", "eve"]);
        }
        ground.say("cancel", &[]);
        let (code, text) = process.end();
        assert_eq!(code, Some(1), "{text}");
        assert!(
            text.contains("what had been made is removed again"),
            "{text}"
        );
        ground.assert_nothing_is_left();
        assert_eq!(ground.runs()[0].state, RunState::Reverted);
    }
    let ground = Ground::new("");
    let process = ground.start();
    ground.say("approve", &["--by", "eve"]);
    while ground.count("server-") == 0 {
        sleep(Duration::from_millis(5));
    }
    ground.say("cancel", &["--keep"]);
    let (code, text) = process.end();
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("is cancelled, and what it had done is kept"),
        "{text}"
    );
    assert_eq!(ground.count("server-"), 1);
}

#[test]
fn a_second_process_stops_a_run_and_it_goes_on() {
    let ground = Ground::new("");
    let process = ground.start();
    ground.say("suspend", &[]);
    let (code, text) = process.end();
    assert_eq!(code, Some(130), "{text}");
    assert_eq!(ground.runs()[0].state, RunState::Suspended);
    let (code, text) = ground.approved();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("going on with run"), "{text}");
    assert!(text.contains("waiting for the owner"), "{text}");
    ground.assert_one_machine();

    let mut list = ground.command(&["list", "--logbook", "book"]);
    let list = String::from_utf8(list.output().unwrap().stdout).unwrap();
    assert!(
        list.contains("succeeded") && list.contains("acme/web-1"),
        "{list}"
    );
}

#[test]
fn a_run_that_is_not_there_cannot_be_asked() {
    let ground = Ground::new("");
    let (code, text) = ground.approved();
    assert_eq!(code, Some(0), "{text}");
    let run = RunId::random();
    for what in ["suspend", "cancel"] {
        let mut ask = ground.command(&[what, run.as_ref(), "--logbook", "book"]);
        let (code, text) = program::told(&ask.output().unwrap());
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("there is no run"), "{text}");
    }
}

#[test]
fn interrupted_it_stops_and_goes_on() {
    let ground = Ground::new("--boot-takes 1500ms");
    let process = ground.start();
    ground.say("approve", &["--by", "eve"]);
    while ground.count("server-") == 0 {
        sleep(Duration::from_millis(5));
    }
    program::interrupt(process.child.id());
    let (code, text) = process.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(
        text.contains("start again with the same arguments to go on"),
        "{text}"
    );
    assert_eq!(ground.runs()[0].state, RunState::Suspended);

    let (code, text) = ground.start().end();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(", behind `boot`"), "{text}");
    ground.assert_one_machine();
}

#[test]
fn interrupted_twice_it_leaves_at_once() {
    let ground = Ground::new("--boot-takes 4s");
    let process = ground.start();
    ground.say("approve", &["--by", "eve"]);
    while ground.count("server-") == 0 {
        sleep(Duration::from_millis(5));
    }
    let start = Instant::now();
    while ground
        .unfinished()
        .is_some_and(|run| run.state == RunState::Running)
    {
        program::interrupt(process.child.id());
        sleep(Duration::from_millis(100));
    }
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(process.end().0, Some(130));
    assert_eq!(ground.runs()[0].state, RunState::Interrupted);
    let (mut code, mut text) = ground.start().end();
    if code == Some(130) {
        // The wish to stop was recorded, and is kept to.
        (code, text) = ground.start().end();
    }
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("order server"), "{text}");
    ground.assert_one_machine();
}

#[test]
fn a_machine_stands_without_a_name() {
    let mut ground = Ground::new("");
    assert_eq!(ground.approved().0, Some(0));
    // Another tenant's machine of the same name.
    for word in &mut ground.order {
        if word == "acme" {
            *word = "globex".to_owned();
        }
    }
    let (code, text) = ground.approved();
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains(
            "warning: it has no name: could not register name `web-1`: the name `web-1` belongs \
             to somebody else; take another name"
        ),
        "{text}"
    );
    assert_eq!(ground.count("server-"), 2);
    assert_eq!(ground.count("name-"), 1);
    assert_eq!(ground.runs()[1].state, RunState::Succeeded);
}
