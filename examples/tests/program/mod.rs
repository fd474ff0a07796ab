//! The programs under test, built as these tests are.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Builds the example of that name, and says where it is.
pub(crate) fn build(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args([
        "build",
        "--quiet",
        "--package",
        "examples",
        "--example",
        name,
    ]);
    build.arg("--target-dir").arg(profile.parent().unwrap());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    profile.join("examples").join(name)
}

/// Exit code and standard error.
pub(crate) fn told(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), text)
}

/// Presses Ctrl-C.
pub(crate) fn interrupt(process: u32) {
    let pid = process.to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(kill.success());
}
