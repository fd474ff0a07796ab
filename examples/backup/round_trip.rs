//! Tests of packing, reading back and restoring together, on folders made to be difficult.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::entry::Kind;
use crate::error::{Error, Result};
use crate::io::Io;
use crate::manifest::{Manifest, Pack};
use crate::pack::{Packed, write_pack};
use crate::place::{self, Place, Source};
use crate::restore::{restore_pack, settle};
use crate::scan::{Scan, differences, scan};
use crate::split::split;
use crate::unpack::read_back;

struct Ground {
    root: tempfile::TempDir,
    source: Source,
    target: Place,
    io: Io,
}

impl Ground {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("source");
        fs::create_dir(&source).unwrap();
        let target = Place {
            path: root.path().join("target"),
        };
        place::prepare(&target).unwrap();
        Self {
            source: Source {
                path: source,
                exclude: Vec::new(),
            },
            target,
            io: Io::quiet(),
            root,
        }
    }

    fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.source.path.join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.at(name), content).unwrap();
    }

    fn scan(&self) -> Scan {
        scan(&self.source, &self.io).unwrap()
    }

    fn pack_all(&self, scan: &Scan) -> Result<Vec<Packed>> {
        let packs = split(scan);
        let write = |pack| {
            let Self {
                source, target, io, ..
            } = self;
            write_pack(source, target, 3, pack, &packs, scan, io)
        };
        packs.iter().map(write).collect()
    }

    fn back_up(&self) -> Manifest {
        let packed = self.pack_all(&self.scan()).unwrap();
        let packs = packed.into_iter().map(|packed| packed.pack).collect();
        let manifest = Manifest::new(packs);
        manifest.write(&self.target).unwrap();
        manifest
    }

    fn verify(&self, pack: &Pack) -> Result<()> {
        read_back(&self.target, pack, &self.io)
    }

    fn restore(&self, name: &str) -> Place {
        let restored = Place {
            path: self.root.path().join(name),
        };
        place::make_target(&restored).unwrap();
        let manifest = Manifest::read(&self.target).unwrap();
        // Twice, as after a kill.
        for _ in 0..2 {
            for pack in &manifest.packs {
                restore_pack(&self.target, &restored, &manifest, pack, &self.io).unwrap();
            }
        }
        for _ in 0..2 {
            settle(&restored, &manifest, &self.io).unwrap();
        }
        restored
    }
}

fn difficult() -> Ground {
    let ground = Ground::new();
    let long = "d".repeat(200);
    fs::create_dir_all(ground.at(&long).join(&long).join(&long)).unwrap();
    fs::create_dir(ground.at("closed")).unwrap();
    fs::create_dir(ground.at("empty")).unwrap();
    ground.write("nothing", "");
    ground.write("closed/inside", "x");
    ground.write("a b\n\u{e9}%", "odd name");
    ground.write("large", vec![7; 3_000_000]);
    fs::write(ground.at(&long).join("file"), "long path").unwrap();
    let mut binary = vec![0xff];
    binary.extend([b'n'; 150]);
    fs::write(ground.at(OsStr::from_bytes(&binary)), "not UTF-8").unwrap();
    for (name, to) in [
        ("absolute", "/nowhere/at/all"),
        ("untidy", ".//a/../b/./"),
        ("up", "../.."),
        ("folder", "empty"),
    ] {
        symlink(to, ground.at(name)).unwrap();
    }
    symlink("t".repeat(300), ground.at("long link")).unwrap();
    symlink(OsStr::from_bytes(b"\xe9"), ground.at("binary link")).unwrap();

    let old = SystemTime::UNIX_EPOCH - Duration::from_millis(1_500);
    let file = File::options()
        .write(true)
        .open(ground.at("nothing"))
        .unwrap();
    file.set_times(FileTimes::new().set_modified(old)).unwrap();
    for (name, mode) in [("large", 0o400), ("a b\n\u{e9}%", 0o755), ("closed", 0o500)] {
        fs::set_permissions(ground.at(name), Permissions::from_mode(mode)).unwrap();
    }
    ground
}

#[test]
fn everything_comes_back_as_it_was() {
    let ground = difficult();
    let manifest = ground.back_up();
    for pack in &manifest.packs {
        ground.verify(pack).unwrap();
    }
    let restored = ground.restore("restored");
    let again = Source {
        path: restored.path,
        exclude: Vec::new(),
    };
    let now = scan(&again, &ground.io).unwrap();
    let before: Vec<_> = manifest
        .entries()
        .map(|stored| stored.entry.clone())
        .collect();
    assert_eq!(now.entries, before);
    for entry in before {
        if matches!(entry.kind, Kind::File { .. }) {
            let restored = fs::read(again.path.join(&entry.path)).unwrap();
            assert!(
                restored == fs::read(ground.at(&entry.path)).unwrap(),
                "{entry:?}"
            );
        }
    }
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let ground = difficult();
    let first = ground.back_up();
    let bytes = |name: &str| fs::read(ground.target.pack(name)).unwrap();
    let before: Vec<_> = first.packs.iter().map(|pack| bytes(&pack.name)).collect();
    let json = fs::read(ground.target.manifest()).unwrap();
    let second = ground.back_up();
    let after: Vec<_> = second.packs.iter().map(|pack| bytes(&pack.name)).collect();
    assert!(before == after);
    assert!(json == fs::read(ground.target.manifest()).unwrap());
}

#[test]
fn a_program_does_not_come_back_with_the_rights_of_another() {
    let ground = Ground::new();
    ground.write("program", "x");
    fs::set_permissions(ground.at("program"), Permissions::from_mode(0o6755)).unwrap();
    ground.back_up();
    let restored = ground.restore("restored").path.join("program");
    let mode = fs::metadata(restored).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn damage_is_found_wherever_it_is() {
    let ground = Ground::new();
    ground.write("one", vec![1; 5_000]);
    ground.write("two", "other content");
    let manifest = ground.back_up();
    for pack in &manifest.packs {
        let path = ground.target.pack(&pack.name);
        let bytes = fs::read(&path).unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 0x40;
            fs::write(&path, changed).unwrap();
            let error = ground.verify(pack).unwrap_err();
            assert!(
                matches!(error, Error::Damaged { .. }),
                "{position}: {error}"
            );
        }
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            ground.verify(pack).unwrap_err();
        }
        fs::write(&path, [&bytes[..], b"more"].concat()).unwrap();
        ground.verify(pack).unwrap_err();
        fs::write(&path, bytes).unwrap();
        ground.verify(pack).unwrap();
    }
}

#[test]
fn a_damaged_file_is_not_restored() {
    let ground = Ground::new();
    ground.write("file", "the content");
    let manifest = ground.back_up();
    let holds = |pack: &&Pack| pack.entries.iter().any(|stored| stored.blake3.is_some());
    let pack = manifest.packs.iter().find(holds).unwrap();
    // Another backup's pack, whole in itself: only the hash of the content tells.
    ground.write("file", "THE CONTENT");
    ground.back_up();
    let restored = Place {
        path: ground.root.path().join("restored"),
    };
    place::make_target(&restored).unwrap();
    let error = restore_pack(&ground.target, &restored, &manifest, pack, &ground.io).unwrap_err();
    assert!(
        error.to_string().contains("the content of `file` is not"),
        "{error}"
    );
    assert!(!restored.path.join("file").exists());
}

#[test]
fn files_are_stored_as_they_are_when_they_are_read() {
    let ground = Ground::new();
    for name in ["gone", "grown", "turned", "same"] {
        ground.write(name, "content");
    }
    fs::create_dir(ground.at("folder")).unwrap();
    ground.write("folder/inside", "x");
    let scan = ground.scan();

    fs::remove_file(ground.at("gone")).unwrap();
    fs::remove_dir_all(ground.at("folder")).unwrap();
    ground.write("folder", "now a file");
    fs::remove_file(ground.at("turned")).unwrap();
    symlink("/etc/passwd", ground.at("turned")).unwrap();
    ground.write("grown", "more content");

    let packed = ground.pack_all(&scan).unwrap();
    let warnings: Vec<_> = packed.iter().flat_map(|packed| &packed.warnings).collect();
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    let stored: Vec<_> = packed
        .iter()
        .flat_map(|packed| &*packed.pack.entries)
        .collect();
    let sizes: Vec<_> = stored
        .iter()
        .map(|stored| (stored.entry.path.to_str().unwrap(), stored.entry.size()))
        .collect();
    assert_eq!(sizes, [("", 0), ("grown", 12), ("same", 7)]);
    for packed in &packed {
        ground.verify(&packed.pack).unwrap();
    }
    let before: Vec<_> = stored.iter().map(|stored| &stored.entry).collect();
    let told = differences(&before, &ground.scan().entries);
    assert_eq!(told, ["`folder` is new", "`turned` is new"]);
}

#[test]
fn a_file_that_never_rests_is_named() {
    let ground = Ground::new();
    ground.write("log", vec![0; 16_000_000]);
    let scan = ground.scan();
    let over = AtomicBool::new(false);
    let seconds = AtomicU64::new(0);
    let error = std::thread::scope(|scope| {
        // Several, as one alone may not get a turn while the file is read.
        for _ in 0..4 {
            scope.spawn(|| {
                let file = File::options().write(true).open(ground.at("log")).unwrap();
                while !over.load(Ordering::Relaxed) {
                    let seconds = seconds.fetch_add(1, Ordering::Relaxed);
                    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
                    file.set_times(FileTimes::new().set_modified(time)).unwrap();
                }
            });
        }
        let result = ground.pack_all(&scan);
        over.store(true, Ordering::Relaxed);
        result.unwrap_err()
    });
    assert!(
        error
            .to_string()
            .contains("log` changed each time it was read"),
        "{error}"
    );
}

#[test]
fn a_stop_leaves_no_half_pack() {
    let ground = Ground::new();
    ground.write("file", "content");
    let scan = ground.scan();
    assert!(!ground.io.stop());
    assert!(ground.io.stop());
    let error = ground.pack_all(&scan).unwrap_err();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert_eq!(fs::read_dir(ground.target.packs()).unwrap().count(), 0);
}
