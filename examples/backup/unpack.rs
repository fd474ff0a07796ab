//! Reads a pack back, and believes nothing: names, sizes and every hash are compared.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use taskflow::task;

use super::digest::Tap;
use super::entry::{Entry, Kind};
use super::error::{Error, Result, Shown};
use super::io::{Io, Paced};
use super::manifest::{Pack, Stored};
use super::pack::Packed;
use super::place::Place;
use super::scan::Scan;

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

/// A pack that was read back in this process.
pub struct Verified(pub Packed);

/// Compares everything in a pack with its hashes.
///
/// A result in the logbook says what *was* true. This one is never stored, so a run that goes on
/// reads back the packs of the earlier process too.
#[task(transient)]
pub fn verify(target: &Place, scan: &Scan, packed: &Packed, io: &Io) -> Result<Verified> {
    io.begin("verifying", scan.size());
    let path = target.pack(&packed.pack.name);
    unpack(&path, &packed.pack, io, |item| {
        match item.stored.entry.kind {
            Kind::File { .. } => item.copy(&mut io::sink(), &path),
            Kind::Folder | Kind::Link { .. } => Ok(()),
        }
    })?;
    Ok(Verified(packed.clone()))
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
