//! Runs the backup tool as a person does: kills it, gets in its way, and looks at what is left.

mod program;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::Duration;

use program::told;
use tempfile::TempDir;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| program::build("backup"));

fn backup(root: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.current_dir(root).args(args);
    command
}

/// Exit code and standard error.
fn run(root: &TempDir, args: &[&str]) -> (Option<i32>, String) {
    told(&backup(root, args).output().unwrap())
}

fn succeed(root: &TempDir, args: &[&str]) -> String {
    let (code, text) = run(root, args);
    assert_eq!(code, Some(0), "{args:?}: {text}");
    text
}

/// Starts again what was killed; where it was killed after the end of its run, it is `refused`.
fn go_on(root: &TempDir, args: &[&str], refused: &str) -> String {
    let (code, text) = run(root, args);
    let ended = code == Some(1) && text.contains(refused);
    assert!(code == Some(0) || ended, "{code:?}: {text}");
    text
}

/// Bytes that do not compress, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A folder with a `source` in it.
fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("source");
    fs::create_dir_all(source.join("folder/empty")).unwrap();
    for number in 0..40 {
        fs::write(
            source.join(format!("folder/{number}")),
            noise(number * 1_000),
        )
        .unwrap();
    }
    fs::write(source.join("large"), noise(400_000)).unwrap();
    symlink("folder/1", source.join("link")).unwrap();
    root
}

/// Everything below a path: its permissions, and its content or where it leads.
fn tree(path: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(at) = open.pop() {
        let meta = at.symlink_metadata().unwrap();
        let content = if meta.is_dir() {
            open.extend(fs::read_dir(&at).unwrap().map(|item| item.unwrap().path()));
            Vec::new()
        } else if meta.is_file() {
            fs::read(&at).unwrap()
        } else {
            at.read_link()
                .unwrap_or_default()
                .into_os_string()
                .into_encoded_bytes()
        };
        let name = at.strip_prefix(path).unwrap().to_path_buf();
        found.insert(name, (meta.permissions().mode(), content));
    }
    found
}

fn assert_same(root: &TempDir, left: &str, right: &str) {
    let [left, right] = [left, right].map(|name| tree(&root.path().join(name)));
    assert!(left == right, "{:?} {:?}", left.keys(), right.keys());
}

/// In milliseconds, from at once to when any run is over.
fn delays() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(10), |millis| Some(millis + millis / 2))
}

/// Starts the program and kills it after a while; says whether it was still at work.
fn kill_after(root: &TempDir, args: &[&str], millis: u64) -> bool {
    let mut command = backup(root, args);
    let mut child = command
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    sleep(Duration::from_millis(millis));
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[test]
fn a_killed_backup_goes_on_to_the_same_bytes() {
    let root = root();
    succeed(&root, &["source", "undisturbed"]);
    let (mut continued, mut skipped) = (false, false);
    for (millis, engine) in delays().zip(["serial", "parallel:2"].into_iter().cycle()) {
        let target = format!("target{millis}");
        let args = ["source", &target, "--engine", engine];
        let killed = kill_after(&root, &args, millis);
        if !killed {
            assert!(continued && skipped, "no run was killed at its work");
            break;
        }
        let text = go_on(&root, &args, "holds a finished backup");
        continued |= text.contains("going on with what was begun");
        skipped |= text.contains("of 8 packs") && !text.contains("skipped 0 of");
        assert_same(&root, "undisturbed", &target);
    }
}

#[test]
fn a_killed_restore_goes_on() {
    let root = root();
    succeed(&root, &["source", "backup"]);
    let before = tree(&root.path().join("backup"));
    for millis in delays() {
        let target = format!("target{millis}");
        let killed = kill_after(&root, &["backup", &target, "--restore"], millis);
        if !killed {
            break;
        }
        go_on(&root, &["backup", &target, "--restore"], "is not empty");
        assert_same(&root, "source", &target);
    }
    assert!(before == tree(&root.path().join("backup")));
}

#[test]
fn engines_and_policies_give_the_same_bytes() {
    let root = root();
    succeed(&root, &["source", "a", "--engine", "serial"]);
    succeed(
        &root,
        &["source", "b", "--engine", "parallel:3", "--sync", "os"],
    );
    succeed(
        &root,
        &["source", "c", "--sync", "never", "--logbook", "book"],
    );
    succeed(&root, &["source", "d", "--undo"]);
    for other in ["b", "c", "d"] {
        assert_same(&root, "a", other);
    }
    assert!(root.path().join("book").is_dir());
    assert!(!root.path().join("c.logbook").exists());
}

#[test]
fn an_interrupted_backup_says_so_and_goes_on() {
    let root = root();
    fs::write(root.path().join("source/huge"), noise(3_000_000)).unwrap();
    for (target, undo) in [("kept", false), ("undone", true)] {
        let mut args = vec!["source", target, "--level", "12", "--engine", "serial"];
        args.extend(undo.then_some("--undo"));
        let mut command = backup(&root, &args);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        while !root.path().join(target).join("packs").exists() {
            sleep(Duration::from_millis(1));
        }
        program::interrupt(child.id());
        let (code, text) = told(&child.wait_with_output().unwrap());
        assert_eq!(code, Some(130), "{text}");
        assert!(text.contains("interrupted; what "), "{text}");
        assert_eq!(root.path().join(target).exists(), !undo);
    }
    succeed(
        &root,
        &["source", "kept", "--level", "12", "--engine", "serial"],
    );
}

/// The program with files of at most 100 kB, as a full disk would have it.
fn run_limited(root: &TempDir, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 200; exec \"$@\"", "sh"]);
    command.arg(&*PROGRAM).args(args).current_dir(root);
    told(&command.output().unwrap())
}

#[test]
fn a_full_target_loses_nothing() {
    let root = root();
    let before = tree(&root.path().join("source"));
    succeed(&root, &["source", "undisturbed"]);

    let (code, text) = run_limited(&root, &["source", "kept"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("make room there"), "{text}");
    assert!(text.contains("what is done is kept"), "{text}");
    let packs = tree(&root.path().join("kept/packs"));
    let partial = packs
        .keys()
        .find(|name| name.to_string_lossy().ends_with(".partial"));
    assert_eq!(partial, None);
    let text = succeed(&root, &["source", "kept"]);
    assert!(text.contains("going on with what was begun"), "{text}");
    assert_same(&root, "undisturbed", "kept");

    let (code, text) = run_limited(&root, &["source", "undone", "--undo"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("is removed again"), "{text}");
    assert!(!root.path().join("undone").exists());
    assert!(before == tree(&root.path().join("source")));
}

#[test]
fn what_an_earlier_process_wrote_is_read_back() {
    let root = root();
    let (code, text) = run_limited(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    let mut packs = fs::read_dir(root.path().join("backup/packs")).unwrap();
    let pack = packs.next().unwrap().unwrap().path();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let (code, text) = run(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("is damaged"), "{text}");
    assert!(!root.path().join("backup/manifest.json").exists());
}

#[test]
fn places_that_cannot_be_are_refused_and_nothing_is_touched() {
    let root = root();
    fs::create_dir(root.path().join("full")).unwrap();
    fs::write(root.path().join("full/mine"), "mine").unwrap();
    fs::write(root.path().join("file"), "mine").unwrap();
    symlink("source", root.path().join("alias")).unwrap();
    let before = tree(root.path());
    for (args, message) in [
        (&["nowhere", "t"][..], "there is no folder `nowhere`"),
        (&["file", "t"], "is not a folder"),
        (&["source", "file"], "is not a folder"),
        (&["source", "source"], "lie one in the other"),
        (&["source", "source/t"], "lie one in the other"),
        (&["source/folder", "source"], "lie one in the other"),
        (&["alias", "source/folder/../t"], "lie one in the other"),
        (&["source", "no/such/t"], "to hold TARGET"),
        (
            &["source", "t", "--logbook", "source/book"],
            "lies in SOURCE or TARGET",
        ),
        (
            &["source", "full", "--logbook", "full/book"],
            "lies in SOURCE or TARGET",
        ),
    ] {
        let (code, text) = run(&root, args);
        assert_eq!(code, Some(1), "{args:?}: {text}");
        assert!(text.contains(message), "{args:?}: {text}");
        assert!(before == tree(root.path()), "{args:?}");
    }
    // The others are judged by tasks, so a logbook is there.
    for (args, message) in [
        (&["source", "full"][..], "is not empty: it holds `mine`"),
        (&["source", "t", "--restore"], "holds no finished backup"),
    ] {
        let (code, text) = run(&root, args);
        assert_eq!(code, Some(1), "{args:?}: {text}");
        assert!(text.contains(message), "{args:?}: {text}");
    }
    let mut after = tree(root.path());
    after.retain(|name, _| !name.to_string_lossy().contains(".logbook"));
    assert!(before == after);
    assert_eq!(run(&root, &["source"]).0, Some(2));
}

#[test]
fn a_finished_backup_is_not_written_over() {
    let root = root();
    succeed(&root, &["source", "backup"]);
    let before = tree(&root.path().join("backup"));
    let (code, text) = run(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("holds a finished backup"), "{text}");
    assert!(before == tree(&root.path().join("backup")));
}

#[test]
fn names_need_not_be_text() {
    let root = root();
    let name = std::ffi::OsStr::from_bytes(b"folder/caf\xe9 \xff");
    fs::write(root.path().join("source").join(name), "inside").unwrap();
    succeed(&root, &["source", "backup"]);
    succeed(&root, &["backup", "restored", "--restore"]);
    assert_same(&root, "source", "restored");
}

#[test]
fn files_that_change_or_vanish_meanwhile_are_told() {
    let root = root();
    let (code, text) = run_limited(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    fs::write(root.path().join("source/folder/3"), "changed").unwrap();
    fs::remove_file(root.path().join("source/large")).unwrap();
    let before = tree(&root.path().join("source"));
    let text = succeed(&root, &["source", "backup"]);
    assert!(
        text.contains("`folder/3` changed since it was backed up"),
        "{text}"
    );
    assert!(text.contains("large` vanished meanwhile"), "{text}");
    assert!(before == tree(&root.path().join("source")));
    // What was read is what the backup holds, and it is whole.
    succeed(&root, &["backup", "restored", "--restore"]);
    let restored = fs::read(root.path().join("restored/folder/5")).unwrap();
    assert_eq!(restored, noise(5_000));
}

#[test]
fn what_is_left_out_is_told() {
    let root = root();
    let _socket = UnixListener::bind(root.path().join("source/socket")).unwrap();
    fs::create_dir(root.path().join("source/folder/skip")).unwrap();
    fs::write(root.path().join("source/folder/skip/inside"), "x").unwrap();
    let text = succeed(&root, &["source", "backup", "--exclude", "skip"]);
    assert!(
        text.contains("socket` is a socket, pipe or device"),
        "{text}"
    );
    succeed(&root, &["backup", "restored", "--restore"]);
    fs::remove_file(root.path().join("source/socket")).unwrap();
    fs::remove_dir_all(root.path().join("source/folder/skip")).unwrap();
    assert_same(&root, "source", "restored");
}

/// The program as an ordinary user runs it, since the superuser reads and writes everything.
struct Ordinary {
    program: PathBuf,
    /// The user, where these tests are the superuser's.
    user: Option<u32>,
}

impl Ordinary {
    /// Hands everything below a folder to the user, with a copy of the program.
    fn new(root: &TempDir) -> Self {
        const NOBODY: u32 = 65_534;
        let probe = root.path().join("probe");
        fs::write(&probe, "").unwrap();
        let user = (probe.metadata().unwrap().uid() == 0).then_some(NOBODY);
        fs::remove_file(&probe).unwrap();
        let program = root.path().join("program");
        fs::copy(&*PROGRAM, &program).unwrap();
        if user.is_some() {
            let all = tree(root.path());
            for name in all.keys() {
                lchown(root.path().join(name), user, user).unwrap();
            }
        }
        Self { program, user }
    }

    fn run(&self, root: &TempDir, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(&self.program);
        command.current_dir(root).args(args);
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        told(&command.output().unwrap())
    }
}

#[test]
fn what_cannot_be_read_is_named_and_can_be_mended() {
    let root = root();
    let ordinary = Ordinary::new(&root);
    for closed in ["folder/7", "folder"] {
        let path = root.path().join("source").join(closed);
        let mode = path.metadata().unwrap().permissions();
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let target = format!("backup of {}", closed.replace('/', " "));
        let args = ["source", &*target];
        let (code, text) = ordinary.run(&root, &args);
        assert_eq!(code, Some(1), "{text}");
        assert!(
            text.contains(&format!("{closed}`; make it readable for you")),
            "{text}"
        );
        fs::set_permissions(&path, mode).unwrap();
        let (code, text) = ordinary.run(&root, &args);
        assert_eq!(code, Some(0), "{text}");
        let (code, text) = ordinary.run(&root, &[&target, "restored", "--restore"]);
        assert_eq!(code, Some(0), "{text}");
        assert_same(&root, "source", "restored");
        fs::remove_dir_all(root.path().join("restored")).unwrap();
        fs::remove_dir_all(root.path().join("restored.logbook")).unwrap();
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let root = root();
    let ordinary = Ordinary::new(&root);
    let closed = root.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
    let (code, text) = ordinary.run(&root, &["source", "closed/backup"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("closed") && text.contains("ermission denied"),
        "{text}"
    );
    assert_eq!(fs::read_dir(&closed).unwrap().count(), 0);
}

#[test]
fn a_damaged_backup_is_not_restored_as_if_it_were_whole() {
    let root = root();
    succeed(&root, &["source", "backup"]);
    let pack = root.path().join("backup/packs/003.tar.zst");
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let (code, text) = run(&root, &["backup", "restored", "--restore"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("003.tar.zst` is damaged"), "{text}");
}

#[test]
fn a_logbook_that_cannot_be_used_is_named() {
    let root = root();
    succeed(&root, &["source", "backup"]);
    let book = root.path().join("backup.logbook");
    let held = taskflow::Logbook::open(&book).unwrap();
    let (code, text) = run(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("is held by another process"), "{text}");
    drop(held);

    let is_log = |path: &PathBuf| path.extension().is_some_and(|end| end == "log");
    let mut files = fs::read_dir(&book)
        .unwrap()
        .map(|item| item.unwrap().path());
    let log = files.find(is_log).unwrap();
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).unwrap();
    let (code, text) = run(&root, &["source", "backup"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("is damaged at byte"), "{text}");
}

#[test]
fn without_arguments_it_tries_itself_out() {
    let root = root();
    let output = backup(&root, &[])
        .env("TMPDIR", root.path())
        .output()
        .unwrap();
    let after = tree(root.path());
    assert!(output.status.success(), "{}", told(&output).1);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("restored `"), "{text}");
    assert!(
        after
            .keys()
            .all(|name| name.starts_with("source") || name == Path::new(""))
    );
}
