//! Finds what there is to back up, without reading any file.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taskflow::task;

use super::entry::{Entry, Found, Kind};
use super::error::{Error, Result, Shown};
use super::io::Io;
use super::place::Source;

/// What was found, in the order of the bytes of the paths: a folder stands before what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub entries: Vec<Entry>,
    /// What was left out, and why.
    pub warnings: Vec<String>,
}

/// Looks at everything in the source.
///
/// A folder that cannot be read is an error. Special files, and what vanishes meanwhile, are left
/// out with a warning.
#[task]
pub fn scan(source: &Source, io: &Io) -> Result<Scan> {
    let mut scan = Scan {
        entries: Vec::new(),
        warnings: Vec::new(),
    };
    let mut open = vec![PathBuf::new()];
    while let Some(path) = open.pop() {
        io.check()?;
        let full = source.path.join(&path);
        match Entry::look(&source.path, path).map_err(Error::read(&full))? {
            Found::Entry(entry) => {
                if entry.kind == Kind::Folder {
                    open.extend(children(source, &entry.path)?);
                }
                scan.entries.push(entry);
            }
            Found::Special => scan.warnings.push(format!(
                "`{}` is a socket, pipe or device, and was left out",
                Shown(&full)
            )),
            Found::Nothing => scan.warnings.push(vanished(&full)),
        }
    }
    scan.entries
        .sort_by(|a, b| bytes(&a.path).cmp(bytes(&b.path)));
    scan.warnings.sort();
    Ok(scan)
}

/// The warning about something that is gone.
pub fn vanished(path: &Path) -> String {
    format!("`{}` vanished meanwhile, and was left out", Shown(path))
}

/// What changed in the source after it was backed up: a line each, or none.
pub fn differences(before: &[&Entry], now: &[Entry]) -> Vec<String> {
    let mut before = before.iter().copied().peekable();
    let mut now = now.iter().peekable();
    let mut lines = Vec::new();
    loop {
        let order = match (before.peek(), now.peek()) {
            (None, None) => return lines,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => bytes(&a.path).cmp(bytes(&b.path)),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { now.next() } else { None };
        match (old, new) {
            (Some(old), None) => {
                lines.push(format!("`{}` was removed", Shown(&old.path)));
            }
            (None, Some(new)) => lines.push(format!("`{}` is new", Shown(&new.path))),
            (Some(old), Some(new)) if !same(old, new) => {
                lines.push(format!("`{}` changed", Shown(&old.path)));
            }
            _ => {}
        }
    }
}

/// The time of a folder changes with each name in it, which has a line of its own.
fn same(old: &Entry, new: &Entry) -> bool {
    let is_file = matches!(new.kind, Kind::File { .. });
    old.kind == new.kind && old.mode == new.mode && (old.modified == new.modified || !is_file)
}

fn children(source: &Source, folder: &Path) -> Result<Vec<PathBuf>> {
    let full = source.path.join(folder);
    let items = match fs::read_dir(&full) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::read(&full)(error)),
    };
    let mut paths = Vec::new();
    for item in items {
        let name = item.map_err(Error::read(&full))?.file_name();
        if !source.exclude.contains(&name) {
            paths.push(folder.join(name));
        }
    }
    Ok(paths)
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    fn source(path: &Path) -> Source {
        Source {
            path: path.to_path_buf(),
            exclude: vec!["skip".into()],
        }
    }

    #[test]
    fn everything_is_found_in_the_order_of_bytes() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("a/empty")).unwrap();
        fs::create_dir_all(root.join("a/skip/deep")).unwrap();
        fs::write(root.join("a.txt"), "x").unwrap();
        fs::write(root.join(OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
        symlink("/nowhere", root.join("link")).unwrap();
        symlink(root, root.join("loop")).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();

        let scan = scan(&source(root), &Io::quiet()).unwrap();
        let paths: Vec<_> = scan
            .entries
            .iter()
            .map(|entry| bytes(&entry.path))
            .collect();
        let expected: [&[u8]; 7] = [
            b"", b"a", b"a.txt", b"a/empty", b"caf\xe9", b"link", b"loop",
        ];
        assert_eq!(paths, expected);
        assert_eq!(scan.warnings.len(), 1);
        assert!(scan.warnings[0].contains("socket"), "{:?}", scan.warnings);
    }

    #[test]
    fn a_change_after_the_scan_is_told() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for name in ["gone", "same", "grown"] {
            fs::write(root.join(name), "x").unwrap();
        }
        let before = scan(&source(root), &Io::quiet()).unwrap();
        fs::remove_file(root.join("gone")).unwrap();
        fs::write(root.join("grown"), "xx").unwrap();
        fs::write(root.join("new"), "x").unwrap();
        let now = scan(&source(root), &Io::quiet()).unwrap();
        let before: Vec<_> = before.entries.iter().collect();
        assert_eq!(
            differences(&before, &now.entries),
            ["`gone` was removed", "`grown` changed", "`new` is new"]
        );
    }
}
