//! Processes that end in the middle of their runs, and the next ones.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use taskflow::runner::Attention;
use taskflow::{Logbook, RunState, Runner, Serial, flow, task};

use crate::flows::id;

/// Runs a service to its end; what it said, and whether it ended well.
fn service(folder: &Path, what: &str) -> (Vec<String>, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_service"))
        .arg(folder)
        .arg(what)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (
        said.lines().map(str::to_owned).collect(),
        output.status.success(),
    )
}

mod same {
    //! The flow of the service.

    use super::{flow, task};

    #[task]
    fn prepare(number: u32) -> u32 {
        number + 1
    }
    #[task]
    fn explode(prepare: u32) -> u32 {
        prepare
    }
    flow! {
        pub(super) struct Bomb { number: u32 } -> explode: u32
        linear[prepare, explode]
    }
}

#[test]
fn a_run_that_ends_the_process_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (said, ended_well) = service(folder.path(), "bomb");
    assert_eq!(
        said,
        ["resumed: 0, waiting: 0, refused: 0, set aside: 0, at rest: 0"]
    );
    assert!(!ended_well);
    for _ in 0..3 {
        let (said, ended_well) = service(folder.path(), "bomb");
        // It may end before it says anything.
        let resumed = "resumed: 1, waiting: 0, refused: 0, set aside: 0, at rest: 0";
        assert!(said.iter().all(|line| line == resumed), "{said:?}");
        assert!(!ended_well);
    }
    // A client that asks again for that run does not take it up.
    let (said, _) = service(folder.path(), "bomb");
    assert_eq!(
        said,
        ["resumed: 0, waiting: 0, refused: 0, set aside: 1, at rest: 0"]
    );
    let (said, ended_well) = service(folder.path(), "nothing");
    let set_aside = [
        "resumed: 0, waiting: 0, refused: 0, set aside: 1, at rest: 0",
        "interrupted: 0, still in a task: 0",
    ];
    assert_eq!(said, set_aside);
    assert!(ended_well);
    // A person can have it taken up.
    assert!(!service(folder.path(), "resume").1);

    let runner = Runner::new(Serial, Logbook::open(folder.path().join("book")).unwrap())
        .register::<same::Bomb>(same::BombResources {})
        .build();
    let trouble = runner.runs().attention().list().unwrap();
    assert!(matches!(
        trouble[0].attention,
        Some(Attention::SetAside { resumes: 4 })
    ));
    assert_eq!(
        trouble[0].to_string(),
        "run `bomb` of `bomb` v1 is interrupted: it was taken up 4 times and nothing came of it, \
         so it is set aside; `resume` takes it up by hand"
    );
    let run = runner.get::<same::Bomb>(&id("bomb")).unwrap().unwrap();
    let why = run.wait().unwrap_err().to_string();
    assert_eq!(
        why,
        "run `bomb` is set aside, as it was taken up 4 times and nothing came of it; `resume` \
         takes it up by hand"
    );
    // Its code is mended.
    run.resume().unwrap();
    assert_eq!(run.wait().unwrap(), 2);
}

#[test]
fn a_killed_service_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut killed = Command::new(env!("CARGO_BIN_EXE_service"))
        .arg(folder.path())
        .arg("naps")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(killed.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "started"));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let (said, ended_well) = service(folder.path(), "naps");
    assert!(ended_well);
    assert_eq!(
        said[0],
        "resumed: 20, waiting: 0, refused: 0, set aside: 0, at rest: 0"
    );
    let naps: Vec<_> = (0..20)
        .map(|number| format!("nap-{number} {}", number + 1))
        .collect();
    assert_eq!(said[2..22], naps);
}

#[test]
fn a_service_that_is_killed_again_and_again_brings_a_hundred_runs_to_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0;
    let said = loop {
        let mut service = Command::new(env!("CARGO_BIN_EXE_service"))
            .arg(folder.path())
            .arg("orders")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It gets further each time.
        thread::sleep(Duration::from_millis(4 + 4 * kills));
        service.kill().unwrap();
        let output = service.wait_with_output().unwrap();
        if output.status.success() {
            break String::from_utf8(output.stdout).unwrap();
        }
        kills += 1;
        assert!(kills < 200, "the runs come to no end");
    };
    assert!(kills > 0, "it was never killed in time");
    let said: Vec<_> = said
        .lines()
        .filter(|line| line.contains("order-"))
        .collect();
    assert_eq!(said.len(), 100);
    let journal = fs::read_to_string(folder.path().join("journal")).unwrap();
    let book = Logbook::open(folder.path().join("book")).unwrap();
    for number in 0..100 {
        let run = book.run_summary(&id(&format!("order-{number}"))).unwrap();
        let state = run.unwrap().state;
        let (put, take) = (format!("put {number}"), format!("take {number}"));
        let effects: Vec<_> = journal
            .lines()
            .filter(|line| *line == put || *line == take)
            .collect();
        if number % 3 == 0 {
            assert_eq!(state, RunState::Reverted, "{effects:?}");
            assert_eq!(effects.last(), Some(&&*take), "{number} is taken back");
        } else {
            assert_eq!(state, RunState::Succeeded, "{effects:?}");
            assert!(!effects.is_empty() && !effects.contains(&&*take));
        }
    }
}
