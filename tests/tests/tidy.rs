//! The rules of the house that a compiler does not check: who may name what, and what is not left
//! in the sources.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source below a folder, with its path relative to the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is text");
                let name = path.strip_prefix(root()).expect("it is below the root");
                found.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "`{folder}` has sources");
    found.sort();
    found
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

/// No source whose path begins with `place` names one of the words, but for the allowed ones.
fn forbid(place: &str, words: &[&str], allowed: &[&str]) {
    let mut wrong = Vec::new();
    let crates = place.split('/').next().unwrap_or(place);
    let sources: Vec<_> = sources(crates)
        .into_iter()
        .filter(|(name, _)| name.starts_with(place))
        .collect();
    assert!(!sources.is_empty(), "there is `{place}`");
    for (name, text) in sources {
        if allowed.iter().any(|allowed| name.contains(allowed)) {
            continue;
        }
        for (line, code) in code(&text) {
            for word in words.iter().filter(|&&word| code.contains(word)) {
                wrong.push(format!("{name}:{line} names `{word}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_foreign_crate_has_its_file() {
    let library = "taskflow/src";
    forbid(
        library,
        &["bincode::"],
        &["logbook/codec.rs", "logbook/strict.rs"],
    );
    forbid(library, &["rayon::"], &["engine/parallel.rs"]);
    forbid(library, &["crc32fast::"], &["logbook/frame.rs"]);
    let hashes = ["src/task.rs", "logbook/seal/aead.rs"];
    forbid(library, &["blake3::"], &hashes);
    forbid(library, &["chacha20poly1305::"], &["logbook/seal/aead.rs"]);
    forbid(library, &["uuid::"], &["logbook/run_id.rs"]);
    forbid(library, &["spin::"], &["src/slot.rs"]);
    forbid(library, &["std::fs", "File::"], &["logbook/disk", "/tests"]);
}

#[test]
fn imports_go_one_way() {
    let upper = [
        "crate::run",
        "crate::engine",
        "crate::flow",
        "crate::handle",
    ];
    forbid("taskflow/src/logbook", &upper, &[]);
    forbid(
        "taskflow/src/logbook",
        &["crate::plan", "crate::machine", "crate::slot"],
        &[],
    );
    forbid("taskflow/src/machine", &upper, &[]);
    forbid(
        "taskflow/src/machine",
        &["crate::logbook", "crate::failure", "std::time"],
        &[],
    );
    forbid("taskflow/src/plan", &upper, &[]);
    forbid(
        "taskflow/src/engine",
        &["crate::logbook", "crate::machine"],
        &[],
    );
}

#[test]
fn nothing_is_left_over() {
    for folder in [
        "taskflow/src",
        "taskflow-macros/src",
        "tests/src",
        "examples",
    ] {
        let words = ["todo!(", "unimplemented!(", "dbg!("];
        forbid(folder, &words, &[]);
        for (name, text) in sources(folder) {
            for (at, line) in text.lines().enumerate() {
                let marks = ["TODO", "FIXME", "XXX"];
                let left = marks.iter().find(|&&mark| line.contains(mark));
                assert!(left.is_none(), "{name}:{} has a {left:?}", at + 1);
            }
        }
    }
    forbid(
        "taskflow/src",
        &["println!(", "eprintln!(", "print!("],
        &["/tests", "machine/simulation"],
    );
}
