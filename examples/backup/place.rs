//! Where a backup comes from and goes to: paths that were checked before anything is touched.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taskflow::task;

use super::error::{Error, Result, Shown};

/// A folder that is read and never written, and the names in it that are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    #[serde(with = "taskflow::os_bytes")]
    pub path: PathBuf,
    /// Names of files and folders, at any depth.
    #[serde(with = "taskflow::os_bytes")]
    pub exclude: Vec<OsString>,
}

/// The folder of a backup, or one that is filled from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    #[serde(with = "taskflow::os_bytes")]
    pub path: PathBuf,
}

impl Source {
    /// A folder that is there, by its path without links.
    pub fn find(path: &Path, exclude: Vec<OsString>) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Place(format!(
                "there is no folder `{}`; give one that exists as SOURCE",
                Shown(path)
            )),
            _ => Error::read(path)(error),
        })?;
        if !path.is_dir() {
            return Err(Error::Place(format!(
                "`{}` is not a folder; give the folder that holds it as SOURCE",
                Shown(&path)
            )));
        }
        Ok(Self { path, exclude })
    }
}

impl Place {
    /// A folder that is there or can be made, by its path without links, apart from the source.
    ///
    /// The folder above it has to exist, so that a disk that is not mounted is no silent success.
    pub fn find(path: &Path, source: &Source) -> Result<Self> {
        let path = resolve(path, "TARGET")?;
        if path.exists() && !path.is_dir() {
            return Err(Error::Place(format!(
                "`{}` is not a folder; give a new or empty folder as TARGET",
                Shown(&path)
            )));
        }
        if path.starts_with(&source.path) || source.path.starts_with(&path) {
            return Err(Error::Place(format!(
                "SOURCE `{}` and TARGET `{}` lie one in the other; give a TARGET that is apart",
                Shown(&source.path),
                Shown(&path)
            )));
        }
        Ok(Self { path })
    }

    /// The folder of the logbook: the one that is asked for, or `<TARGET>.logbook` beside the
    /// target.
    pub fn logbook(&self, asked: Option<&Path>, source: &Source) -> Result<PathBuf> {
        let path = if let Some(path) = asked {
            resolve(path, "--logbook")?
        } else {
            let mut name = self.path.clone().into_os_string();
            name.push(".logbook");
            name.into()
        };
        if path.starts_with(&source.path) || path.starts_with(&self.path) {
            return Err(Error::Place(format!(
                "the logbook `{}` lies in SOURCE or TARGET; give another folder with `--logbook`",
                Shown(&path)
            )));
        }
        Ok(path)
    }

    pub fn packs(&self) -> PathBuf {
        self.path.join("packs")
    }

    pub fn pack(&self, name: &str) -> PathBuf {
        self.path.join("packs").join(name)
    }

    pub fn manifest(&self) -> PathBuf {
        self.path.join("manifest.json")
    }

    pub fn sums(&self) -> PathBuf {
        self.path.join("BLAKE3SUMS")
    }
}

/// The path without links and `..`, also for what does not exist yet in a folder that does.
fn resolve(path: &Path, what: &str) -> Result<PathBuf> {
    match path.canonicalize() {
        Ok(path) => return Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::read(path)(error)),
    }
    if fs::symlink_metadata(path).is_ok() {
        return Err(Error::Place(format!(
            "`{}` is a link to nothing; give a folder as {what}",
            Shown(path)
        )));
    }
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    };
    match (parent.canonicalize(), path.file_name()) {
        (Ok(parent), Some(name)) if parent.is_dir() => Ok(parent.join(name)),
        _ => Err(Error::Place(format!(
            "there is no folder `{}` to hold {what}; make it, or see that its disk is mounted",
            Shown(parent)
        ))),
    }
}

/// Makes the folders of a backup, and says whether the target was not there before.
///
/// A target that holds anything is refused. The empty `packs` of a check that was cut short is
/// fine.
#[task(provides = made, revert = abandon(target, *made))]
pub fn prepare(target: &Place) -> Result<bool> {
    if target.manifest().exists() {
        return Err(Error::Place(format!(
            "`{}` holds a finished backup; give another folder as TARGET",
            Shown(&target.path)
        )));
    }
    let made = make_empty(&target.path, "packs")?;
    let packs = target.packs();
    make_empty(&packs, "")?;
    for folder in [
        Some(packs.as_path()),
        Some(&target.path),
        target.path.parent(),
    ] {
        let folder = folder.unwrap_or(&target.path);
        fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::write(folder))?;
    }
    Ok(made)
}

/// Removes the folders of a backup again, which are empty by now.
fn abandon(target: &Place, made: bool) -> Result<()> {
    let packs = target.packs();
    fs::remove_dir(&packs).map_err(Error::write(&packs))?;
    if made {
        fs::remove_dir(&target.path).map_err(Error::write(&target.path))?;
    }
    Ok(())
}

/// Makes the target of a restore.
#[task]
pub fn make_target(target: &Place) -> Result<()> {
    make_empty(&target.path, "").map(|_| ())
}

/// Makes a folder, or sees that it holds nothing but `allowed`; says whether it made it.
fn make_empty(path: &Path, allowed: &str) -> Result<bool> {
    match fs::create_dir(path) {
        Ok(()) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::write(path)(error)),
    }
    for item in fs::read_dir(path).map_err(Error::read(path))? {
        let name = item.map_err(Error::read(path))?.file_name();
        if name != allowed {
            return Err(Error::Place(format!(
                "`{}` is not empty: it holds `{}`; to go on with a run that was cut short, start it \
                 again with the same arguments, otherwise give a new or empty folder",
                Shown(path),
                Shown(Path::new(&name))
            )));
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let target = Place {
            path: root.path().join("t"),
        };
        let made = prepare(&target).unwrap();
        abandon(&target, made).unwrap();
        assert!(!target.path.exists());
    }

    fn message<T>(result: Result<T>) -> String {
        result.err().map(|error| error.to_string()).unwrap()
    }

    #[test]
    fn places_that_overlap_are_refused_through_links_and_dots() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        symlink(root.join("a"), root.join("link")).unwrap();
        let source = Source::find(&root.join("a"), Vec::new()).unwrap();
        for target in [
            "a",
            "a/b",
            "a/new",
            "link",
            "link/new",
            "a/b/..",
            "",
            "a/b/../new",
        ] {
            let text = message(Place::find(&root.join(target), &source));
            assert!(text.contains("lie one in the other"), "{target}: {text}");
        }
        for target in ["ab", "a/../new"] {
            Place::find(&root.join(target), &source).unwrap();
        }
    }

    #[test]
    fn a_source_has_to_be_a_folder() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        assert!(message(Source::find(&file, Vec::new())).contains("there is no folder"));
        fs::write(&file, "").unwrap();
        assert!(message(Source::find(&file, Vec::new())).contains("is not a folder"));
    }

    #[test]
    fn a_target_needs_a_folder_to_stand_in() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        let source = Source::find(&root.path().join("a"), Vec::new()).unwrap();
        let deep = root.path().join("no/such");
        assert!(message(Place::find(&deep, &source)).contains("to hold TARGET"));
        let dangling = root.path().join("dangling");
        symlink("nowhere", &dangling).unwrap();
        assert!(message(Place::find(&dangling, &source)).contains("a link to nothing"));
    }

    #[test]
    fn a_target_that_holds_anything_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let target = Place {
            path: root.path().join("t"),
        };
        assert!(prepare(&target).unwrap());
        assert!(!prepare(&target).unwrap());
        fs::write(target.pack("000.tar.zst"), "").unwrap();
        assert!(message(prepare(&target)).contains("it holds `000.tar.zst`"));
        fs::write(target.manifest(), "").unwrap();
        assert!(message(prepare(&target)).contains("finished backup"));
    }

    #[test]
    fn a_logbook_lies_beside_the_target() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        let source = Source::find(&root.path().join("a"), Vec::new()).unwrap();
        let target = Place::find(&root.path().join("t"), &source).unwrap();
        let book = target.logbook(None, &source).unwrap();
        assert!(book.ends_with("t.logbook"));
        let inside = root.path().join("a/book");
        assert!(message(target.logbook(Some(&inside), &source)).contains("lies in SOURCE"));
    }
}
