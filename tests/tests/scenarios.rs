//! `SCENARIOS.md` names tests and ui cases that exist, and leaves no case out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The rows below a heading: the case, and how it is kept.
fn rows(heading: &str) -> Vec<(String, String)> {
    let page = fs::read_to_string(package().join("SCENARIOS.md")).expect("the page is there");
    let section = page
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap_or_else(|| panic!("there is a section `{heading}`"))
        .to_owned();
    section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| case "))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 3, "a row has three cells: {line}");
            (cells[0].to_owned(), cells[2].to_owned())
        })
        .collect()
}

/// What is wrong with how a case is kept.
fn wrong(kept: &str) -> Option<String> {
    if let Some(test) = kept.strip_prefix("test: ") {
        let (file, name) = test.split_once("::")?;
        let path = package().join("tests").join(file).with_extension("rs");
        return match fs::read_to_string(&path) {
            Err(error) => Some(format!("{}: {error}", path.display())),
            Ok(text) => {
                let head = format!("#[test]\nfn {name}() {{");
                (!text.contains(&head)).then(|| format!("`{file}` has no test `{name}`"))
            }
        };
    }
    if let Some(name) = kept.strip_prefix("ui: ") {
        let case = Path::new("../ui-tests/fail").join(name);
        let lacks = ["rs", "stderr"]
            .map(|extension| package().join(case.with_extension(extension)))
            .into_iter()
            .find(|path| !path.exists());
        return lacks.map(|path| format!("there is no {}", path.display()));
    }
    let says_why = kept
        .strip_prefix("by design: ")
        .is_some_and(|why| why.len() > 20);
    (!says_why).then(|| "nothing keeps it, and nothing says why".to_owned())
}

fn check(rows: &[(String, String)]) {
    let mut seen = BTreeSet::new();
    for (case, kept) in rows {
        assert!(seen.insert(case), "`{case}` is listed twice");
        if let Some(wrong) = wrong(kept) {
            panic!("case `{case}`: {wrong}");
        }
    }
}

#[test]
fn every_dependency_case_is_kept() {
    let rows = rows("Dependencies");
    let numbers: Vec<_> = rows.iter().map(|(case, _)| case.as_str()).collect();
    let wanted: Vec<_> = (1..=30).map(|number| number.to_string()).collect();
    assert_eq!(numbers, wanted);
    check(&rows);
}

#[test]
fn every_failure_scenario_is_kept() {
    let rows = rows("Failures and reverts");
    assert!(rows.len() > 25);
    check(&rows);
}

#[test]
fn every_ui_case_of_the_original_is_listed() {
    let listed: BTreeSet<_> = rows("Dependencies")
        .into_iter()
        .filter_map(|(_, kept)| Some(kept.strip_prefix("ui: ")?.to_owned()))
        .collect();
    let folder = fs::read_dir(package().join("../ui-tests/fail")).expect("the folder is there");
    let there: BTreeSet<_> = folder
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name.starts_with("openstack-"))
        .collect();
    assert_eq!(listed, there);
}
