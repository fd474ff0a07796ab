//! Reads a pack back, and believes nothing: names, sizes and every hash are compared.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use taskflow::task;

use super::digest::Tap;
use super::entry::{Entry, Kind};
use super::error::{Error, Result, Shown};
use super::io::{Io, Paced};
use super::manifest::{Pack, Stored};
use super::pack::Packed;
use super::place::Place;

type Raw = zstd::Decoder<'static, BufReader<Tap<File>>>;

/// One entry of a pack, whose content is still to be read.
pub struct Item<'a> {
    pub stored: &'a Stored,
    archived: tar::Entry<'a, Raw>,
    pack: &'a Path,
    io: &'a Io,
}

impl Item<'_> {
    /// Copies the content to `out`, which is the file `path`, and compares it with its hash.
    pub fn copy(self, out: &mut dyn Write, path: &Path) -> Result<()> {
        let mut content = Tap::new(Paced {
            inner: self.archived,
            io: self.io,
        });
        let mut out = Tap::new(out);
        if let Err(error) = io::copy(&mut content, &mut out) {
            self.io.check()?;
            return Err(if out.failed() {
                Error::write(path)(error)
            } else {
                unreadable(self.pack, error)
            });
        }
        let entry = &self.stored.entry;
        if content.size() != entry.size() || Some(content.digest()) != self.stored.blake3 {
            return Err(Error::damaged(
                self.pack,
                format!(
                    "the content of `{}` is not what was stored",
                    Shown(&entry.path)
                ),
            ));
        }
        Ok(())
    }
}

/// Reads the pack at `path` to its end, and hands each entry on.
pub fn unpack(
    path: &Path,
    pack: &Pack,
    io: &Io,
    mut each: impl FnMut(Item<'_>) -> Result<()>,
) -> Result<()> {
    let damaged = |what: String| Error::damaged(path, what);
    let file = File::open(path).map_err(Error::read(path))?;
    let decoder = zstd::Decoder::new(Tap::new(file)).map_err(Error::read(path))?;
    let mut archive = tar::Archive::new(decoder);
    let mut expected = pack.entries.iter();
    for archived in archive.entries().map_err(|error| unreadable(path, error))? {
        io.check()?;
        let archived = archived.map_err(|error| unreadable(path, error))?;
        let stored = expected
            .next()
            .ok_or_else(|| damaged("it holds more than the manifest lists".into()))?;
        if !matches(&archived, &stored.entry) {
            return Err(damaged(format!(
                "it does not hold `{}` where the manifest says",
                Shown(&stored.entry.path)
            )));
        }
        each(Item {
            stored,
            archived,
            pack: path,
            io,
        })?;
    }
    if let Some(stored) = expected.next() {
        let shown = Shown(&stored.entry.path);
        return Err(damaged(format!("it ends before `{shown}`")));
    }
    // The rest, so that the hash is of the whole file.
    let mut decoder = archive.into_inner();
    io::copy(&mut decoder, &mut io::sink()).map_err(|error| unreadable(path, error))?;
    let raw = decoder.finish().into_inner();
    if raw.size() != pack.size || raw.digest() != pack.blake3 {
        return Err(damaged("its hash is not the one in the manifest".into()));
    }
    Ok(())
}

/// Packs that were all read back in this process.
pub struct Verified(pub Vec<Packed>);

/// Compares everything in all packs with its hashes, a number of packs at a time.
///
/// A result in the logbook says what *was* true. This one is never stored, so a run that goes on
/// reads back the packs of the earlier process too. What a `map` hands out is stored, so that the
/// threads are this task's own.
#[task(provides = verified, transient)]
pub fn verify(target: &Place, written: &[Packed], jobs: usize, io: &Io) -> Result<Verified> {
    io.begin("verifying", written.len(), || {
        let stored = written.iter().flat_map(|packed| &*packed.pack.entries);
        stored.map(|stored| stored.entry.size()).sum()
    });
    let next = AtomicUsize::new(0);
    let work = || {
        // Relaxed: each number is taken once, and carries no data with it.
        while let Some(packed) = written.get(next.fetch_add(1, Ordering::Relaxed)) {
            read_back(target, &packed.pack, io)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        });
        ended.collect::<Result<()>>()
    })?;
    Ok(Verified(written.to_vec()))
}

/// Compares everything in a pack with its hashes.
pub fn read_back(target: &Place, pack: &Pack, io: &Io) -> Result<()> {
    let path = target.pack(&pack.name);
    unpack(&path, pack, io, |item| match item.stored.entry.kind {
        Kind::File { .. } => item.copy(&mut io::sink(), &path),
        Kind::Folder | Kind::Link { .. } => Ok(()),
    })
}

fn matches(archived: &tar::Entry<'_, Raw>, entry: &Entry) -> bool {
    let kind = archived.header().entry_type();
    let same_kind = match &entry.kind {
        Kind::Folder => kind.is_dir(),
        Kind::File { size } => kind.is_file() && archived.size() == *size,
        Kind::Link { to } => {
            kind.is_symlink()
                && archived.link_name_bytes().as_deref() == Some(to.as_os_str().as_bytes())
        }
    };
    same_kind && *archived.path_bytes() == *entry.archived()
}

/// An error that the disk did not report is one of the bytes.
fn unreadable(path: &Path, error: io::Error) -> Error {
    if error.raw_os_error().is_some() {
        Error::read(path)(error)
    } else {
        Error::damaged(path, error.to_string())
    }
}
