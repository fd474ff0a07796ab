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
        return lacks_test(test);
    }
    if let Some(name) = kept.strip_prefix("ui: ") {
        let case = Path::new("../ui-tests/fail").join(name);
        let lacks = ["rs", "stderr"]
            .map(|extension| package().join(case.with_extension(extension)))
            .into_iter()
            .find(|path| !path.exists());
        return lacks.map(|path| format!("there is no {}", path.display()));
    }
    let Some(says) = kept.strip_prefix("by design: ") else {
        return Some("nothing keeps it, and nothing says why".to_owned());
    };
    let (why, test) = match says.split_once("; test: ") {
        Some((why, test)) => (why, Some(test)),
        None => (says, None),
    };
    match test {
        Some(test) => lacks_test(test),
        None => (why.len() <= 20).then(|| "nothing says why".to_owned()),
    }
}

/// Why there is no such test below a line that ends so.
fn lacks_test(test: &str) -> Option<String> {
    let Some((file, name)) = test.split_once("::") else {
        return Some(format!("`{test}` is not of the form `file::name`"));
    };
    let path = package().join("tests").join(file).with_extension("rs");
    match fs::read_to_string(&path) {
        Err(error) => Some(format!("{}: {error}", path.display())),
        Ok(source) => {
            let head = format!("#[test]\nfn {name}()");
            (!source.contains(&head)).then(|| format!("`{file}` has no test `{name}`"))
        }
    }
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
    let wanted: Vec<_> = (1..=53).map(|number| number.to_string()).collect();
    assert_eq!(numbers, wanted);
    check(&rows);
}

#[test]
fn every_scenario_is_kept() {
    for (heading, most) in [
        ("Failures and reverts", 25),
        ("Engines", 39),
        ("Suspension", 6),
        ("What is not here", 4),
    ] {
        let rows = rows(heading);
        assert!(rows.len() >= most, "`{heading}` has {} rows", rows.len());
        check(&rows);
    }
}

/// The numbers that cases begin with, each once.
fn numbers(rows: &[(String, String)]) -> Vec<u32> {
    let number = |(case, _): &(String, String)| case.split(',').next()?.parse().ok();
    let mut numbers: Vec<_> = rows.iter().filter_map(number).collect();
    numbers.dedup();
    numbers
}

#[test]
fn every_retry_scenario_and_every_defect_is_listed() {
    for (heading, last) in [("Retries", 24), ("Defects", 14)] {
        let rows = rows(heading);
        assert_eq!(numbers(&rows), (1..=last).collect::<Vec<_>>(), "{heading}");
        check(&rows);
    }
}

#[test]
fn every_ui_case_of_the_original_is_listed() {
    let listed: BTreeSet<_> = ["Dependencies", "Engines", "Retries", "Defects"]
        .into_iter()
        .flat_map(rows)
        .filter_map(|(_, kept)| Some(kept.strip_prefix("ui: ")?.to_owned()))
        .filter(|name| name.starts_with("openstack-"))
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
