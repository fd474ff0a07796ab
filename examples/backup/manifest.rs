//! The list of all that a backup holds, whose presence says that the backup is complete.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taskflow::{Outcome, task};

use super::digest::Digest;
use super::entry::{Entry, Kind};
use super::error::{Error, Result, Shown};
use super::partial::{self, Partial};
use super::place::Place;
use super::unpack::Verified;

/// The version of the layout of a backup.
const FORMAT: u32 = 1;

/// What `manifest.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    pub packs: Vec<Pack>,
}

/// An archive, `packs/<name>`: tar, compressed with zstd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub name: String,
    /// In bytes, compressed.
    pub size: u64,
    pub blake3: Digest,
    /// Shared, since the list is handed from task to task.
    pub entries: Arc<Vec<Stored>>,
}

/// An entry as it stands in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    pub entry: Entry,
    /// Of the content, where it is a file.
    pub blake3: Option<Digest>,
}

/// The name of the pack with this number.
pub fn pack_name(index: usize) -> String {
    format!("{index:03}.tar.zst")
}

/// Writes the manifest of packs that were all read back.
#[task(revert = remove_manifest(target, outcome))]
pub fn write_manifest(target: &Place, verified: &Verified) -> Result<()> {
    let packs = verified.0.iter().map(|packed| packed.pack.clone());
    Manifest::new(packs.collect()).write(target)
}

/// Removes a manifest, first of all: without it there is no backup.
fn remove_manifest(target: &Place, _: Outcome<'_, ()>) -> Result<()> {
    partial::remove(&target.manifest())?;
    partial::remove(&target.sums())
}

/// Reads the manifest of a backup that is to be restored.
#[task(provides = manifest, transient)]
pub fn read_manifest(backup: &Place) -> Result<Manifest> {
    Manifest::read(backup)
}

impl Manifest {
    pub fn new(packs: Vec<Pack>) -> Self {
        Self {
            format: FORMAT,
            packs,
        }
    }

    pub fn entries(&self) -> impl Iterator<Item = &Stored> {
        self.packs.iter().flat_map(|pack| pack.entries.iter())
    }

    /// Writes `BLAKE3SUMS`, which `b3sum --check` understands, and then `manifest.json`.
    pub fn write(&self, target: &Place) -> Result<()> {
        let path = target.manifest();
        let mut json = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::write(&path)(io::Error::other(error)))?;
        json.push(b'\n');
        for (path, bytes) in [
            (target.sums(), self.sums(&json).as_bytes()),
            (path, json.as_slice()),
        ] {
            let mut file = Partial::create(&path)?;
            file.write_all(bytes).map_err(Error::write(&path))?;
            file.complete()?;
        }
        Ok(())
    }

    /// Reads the manifest of a complete backup, and judges whether it is one.
    pub fn read(backup: &Place) -> Result<Self> {
        let path = backup.manifest();
        let json = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Place(format!(
                "`{}` holds no finished backup: it has no `manifest.json`; give the folder of a \
                 backup that was made to its end",
                Shown(&backup.path)
            )),
            _ => Error::read(&path)(error),
        })?;
        let damaged = |what: String| Error::damaged(&path, what);
        let manifest: Self =
            serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(Error::Place(format!(
                "`{}` has format {}, and this program reads format {FORMAT}; use the version that \
                 made the backup",
                Shown(&path),
                manifest.format
            )));
        }
        let sums = fs::read(backup.sums()).map_err(Error::read(&backup.sums()))?;
        if sums != manifest.sums(&json).as_bytes() {
            return Err(damaged("it does not match `BLAKE3SUMS`".into()));
        }
        manifest.judge().map_err(damaged)?;
        Ok(manifest)
    }

    /// What has to hold before anything is written by this manifest.
    fn judge(&self) -> std::result::Result<(), String> {
        let names = self.packs.iter().map(|pack| pack.name.as_str());
        if !names.eq((0..self.packs.len()).map(pack_name)) {
            return Err("it does not list the packs in order".to_owned());
        }
        let mut seen = HashSet::new();
        for Stored { entry, blake3 } in self.entries() {
            let shown = Shown(&entry.path);
            if !entry.is_inside() {
                return Err(format!("the path `{shown}` leads out of the backup"));
            }
            if !seen.insert(&entry.path) {
                return Err(format!("it lists `{shown}` twice"));
            }
            if blake3.is_some() != matches!(entry.kind, Kind::File { .. }) {
                return Err(format!("`{shown}` lacks a hash, or should not have one"));
            }
        }
        Ok(())
    }

    fn sums(&self, json: &[u8]) -> String {
        let mut text = String::new();
        for Pack { name, blake3, .. } in &self.packs {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{blake3}  packs/{name}");
        }
        let _ = writeln!(text, "{}  manifest.json", Digest::of(json));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Time;

    fn manifest(paths: &[&str]) -> Manifest {
        let folder = |path: &&str| Stored {
            entry: Entry {
                path: path.into(),
                kind: Kind::Folder,
                mode: 0o755,
                modified: Time {
                    seconds: -1,
                    nanos: 5,
                },
            },
            blake3: None,
        };
        let mut entries: Vec<Stored> = paths.iter().map(folder).collect();
        let pack = |index| Pack {
            name: pack_name(index),
            size: 0,
            blake3: Digest::of(b""),
            entries: Arc::new(std::mem::take(&mut entries)),
        };
        Manifest::new((0..3).map(pack).collect())
    }

    fn written(manifest: &Manifest) -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let target = Place {
            path: folder.path().to_path_buf(),
        };
        manifest.write(&target).unwrap();
        (folder, target)
    }

    fn refusal(target: &Place) -> String {
        Manifest::read(target).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = manifest(&["", "a", "a/b"]);
        let (_folder, target) = written(&manifest);
        assert_eq!(Manifest::read(&target).unwrap(), manifest);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["..", "a/../../b", "/etc/passwd"] {
            let (_folder, target) = written(&manifest(&[path]));
            assert!(refusal(&target).contains("leads out"), "{path}");
        }
        let (_folder, target) = written(&manifest(&["a", "a"]));
        assert!(refusal(&target).contains("twice"));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (_folder, target) = written(&manifest(&["", "a"]));
        for path in [target.manifest(), target.sums()] {
            let bytes = fs::read(&path).unwrap();
            for position in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[position] ^= 1;
                fs::write(&path, changed).unwrap();
                Manifest::read(&target).unwrap_err();
            }
            fs::write(&path, bytes).unwrap();
        }
        Manifest::read(&target).unwrap();
    }

    #[test]
    fn an_unfinished_backup_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let target = Place {
            path: folder.path().to_path_buf(),
        };
        assert!(refusal(&target).contains("no finished backup"));
    }
}
