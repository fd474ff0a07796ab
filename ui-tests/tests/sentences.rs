//! One mistake is one message, and each case says which.
//!
//! A case of `fail/` begins with a line `// expects: …` for each of its mistakes. What rustc says
//! contains each of these sentences, and has exactly as many errors.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

const MARK: &str = "// expects: ";

#[test]
fn each_mistake_is_one_message() -> Result<(), Box<dyn Error>> {
    let mut wrong = Vec::new();
    let cases = files_in("fail", "rs")?;
    assert!(!cases.is_empty(), "there are no cases");
    for case in &cases {
        let told = case.with_extension("stderr");
        match fs::read_to_string(&told) {
            Ok(told) => wrong.extend(differences(case, &fs::read_to_string(case)?, &told)),
            Err(error) => wrong.push(format!("{}: {error}", told.display())),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn no_message_is_left_over() -> Result<(), Box<dyn Error>> {
    for told in files_in("fail", "stderr")? {
        assert!(
            told.with_extension("rs").exists(),
            "{} belongs to no case; remove it",
            told.display()
        );
    }
    Ok(())
}

#[test]
fn each_right_form_stands_beside_a_mistake() -> Result<(), Box<dyn Error>> {
    for right in files_in("pass", "rs")? {
        let text = fs::read_to_string(&right)?;
        let stands_alone = text.starts_with("//! ");
        let Some(name) = right.file_name() else {
            continue;
        };
        assert!(
            stands_alone || package().join("fail").join(name).exists(),
            "{} is beside no mistake; say in a `//!` line what it shows",
            right.display()
        );
    }
    Ok(())
}

fn differences(case: &Path, text: &str, told: &str) -> Vec<String> {
    let expected: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix(MARK))
        .collect();
    let mut wrong: Vec<String> = expected
        .iter()
        .filter(|sentence| !told.contains(**sentence))
        .map(|sentence| format!("{}: rustc does not say: {sentence}", case.display()))
        .collect();
    let is_error = |line: &&str| line.starts_with("error");
    let count = told.lines().filter(is_error).count();
    if expected.is_empty() || count != expected.len() {
        let expected = expected.len();
        wrong.push(format!(
            "{}: {count} errors, {expected} expected",
            case.display()
        ));
    }
    wrong
}

fn files_in(folder: &str, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(package().join(folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
