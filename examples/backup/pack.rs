//! Writes one share of the source into an archive, as the files are when they are read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taskflow::{Outcome, task};

use super::digest::Tap;
use super::entry::{Entry, Found, Kind};
use super::error::{Error, Result};
use super::io::{Io, Paced};
use super::manifest::{Pack, Stored};
use super::partial::{self, Partial};
use super::place::{Place, Source};
use super::scan::{Scan, vanished};
use super::split::Share;

/// How often a pack is begun anew because a file changed under the reader.
const ATTEMPTS: usize = 3;

/// A pack that is in the target, and what was left out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    pub pack: Pack,
    pub warnings: Vec<String>,
}

/// Writes a pack.
///
/// Each file is stored as it is now, with the size and time that it has now, even if the scan saw
/// others. What vanished is left out with a warning. A file that changes while it is read would be
/// stored torn, so then the whole pack is written anew.
///
/// The bytes of a pack follow from its entries alone: one compressing thread, no owners, no clock.
#[task(revert = remove_pack(target, pack, outcome))]
pub fn write_pack(
    source: &Source,
    target: &Place,
    level: i32,
    pack: &Share,
    packs: &[Share],
    scan: &Scan,
    io: &Io,
) -> Result<Packed> {
    io.begin("packing", packs.len(), || {
        // A pack that is there was written before a kill: it is no work to come.
        let to_come = packs
            .iter()
            .filter(|pack| !target.pack(&pack.name()).exists());
        let entries = to_come.flat_map(|pack| pack.of(&scan.entries));
        entries.map(Entry::size).sum()
    });
    let mut attempts = 1;
    loop {
        match attempt(source, target, level, pack, &scan.entries, io) {
            Err(Error::Changed { .. }) if attempts < ATTEMPTS => attempts += 1,
            result => return result,
        }
    }
}

/// Removes a pack, or what a kill left of it.
fn remove_pack(target: &Place, pack: &Share, _: Outcome<'_, Packed>) -> Result<()> {
    partial::remove(&target.pack(&pack.name()))
}

fn attempt(
    source: &Source,
    target: &Place,
    level: i32,
    pack: &Share,
    entries: &[Entry],
    io: &Io,
) -> Result<Packed> {
    io.check()?;
    let entries = pack.of(entries);
    let name = pack.name();
    let path = target.pack(&name);
    let partial = Partial::create(&path)?;
    let mut encoder = zstd::Encoder::new(Tap::new(partial), level).map_err(Error::write(&path))?;
    // With the checksum, `zstd --test` finds damage without a manifest.
    encoder
        .include_checksum(true)
        .map_err(Error::write(&path))?;
    let mut archive = Archive {
        builder: tar::Builder::new(encoder),
        path: &path,
    };

    let mut stored = Vec::with_capacity(entries.len());
    let mut warnings = Vec::new();
    for entry in entries {
        if let Some(entry) = archive.add(source, entry, io)? {
            stored.push(entry);
        } else {
            warnings.push(vanished(&source.path.join(&entry.path)));
        }
    }

    let encoder = archive.builder.into_inner().map_err(Error::write(&path))?;
    let tap = encoder.finish().map_err(Error::write(&path))?;
    let (size, blake3) = (tap.size(), tap.digest());
    tap.into_inner().complete()?;
    io.line(&format!("packed {name}"));
    Ok(Packed {
        pack: Pack {
            name,
            size,
            blake3,
            entries: Arc::new(stored),
        },
        warnings,
    })
}

struct Archive<'a, W: io::Write> {
    builder: tar::Builder<W>,
    /// Of the pack, for errors.
    path: &'a Path,
}

impl<W: io::Write> Archive<'_, W> {
    /// Adds what stands at the entry's path now, unless it is gone or has become something else.
    fn add(&mut self, source: &Source, entry: &Entry, io: &Io) -> Result<Option<Stored>> {
        io.check()?;
        let full = source.path.join(&entry.path);
        let found = Entry::look(&source.path, entry.path.clone()).map_err(Error::read(&full))?;
        let Found::Entry(now) = found else {
            return Ok(None);
        };
        match (&entry.kind, &now.kind) {
            (Kind::File { .. }, Kind::File { .. }) => self.add_file(source, &now, &full, io),
            (Kind::Folder, Kind::Folder) => self.add_plain(now, tar::EntryType::Directory),
            (Kind::Link { .. }, Kind::Link { .. }) => self.add_plain(now, tar::EntryType::Symlink),
            _ => Ok(None),
        }
    }

    fn add_plain(&mut self, entry: Entry, kind: tar::EntryType) -> Result<Option<Stored>> {
        self.head(&entry, kind)
            .and_then(|header| self.builder.append(&header, io::empty()))
            .map_err(Error::write(self.path))?;
        Ok(Some(Stored {
            entry,
            blake3: None,
        }))
    }

    fn add_file(
        &mut self,
        source: &Source,
        seen: &Entry,
        full: &Path,
        io: &Io,
    ) -> Result<Option<Stored>> {
        let changed = || Error::Changed {
            path: full.to_path_buf(),
        };
        let file = match File::open(full) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::read(full)(error)),
        };
        // From the open file: what stands under its name may be another one by now.
        let meta = file.metadata().map_err(Error::read(full))?;
        let entry = Entry::new(seen.path.clone(), &meta, None).ok_or_else(changed)?;
        let size = entry.size();
        let header = self
            .head(&entry, tar::EntryType::Regular)
            .map_err(Error::write(self.path))?;

        let mut content = Tap::new(Paced {
            inner: file.take(size),
            io,
        });
        if let Err(error) = self.builder.append(&header, &mut content) {
            io.check()?;
            return Err(if content.failed() {
                Error::read(full)(error)
            } else {
                Error::write(self.path)(error)
            });
        }
        let after = Entry::look(&source.path, seen.path.clone()).map_err(Error::read(full))?;
        match after {
            Found::Entry(after) if after == entry && content.size() == size => {}
            _ => return Err(changed()),
        }
        Ok(Some(Stored {
            blake3: Some(content.digest()),
            entry,
        }))
    }

    /// The header of an entry, after the extra records that names longer than 100 bytes need.
    ///
    /// Names are written as the bytes that they are; the paths of the tar crate would tidy them.
    fn head(&mut self, entry: &Entry, kind: tar::EntryType) -> io::Result<tar::Header> {
        let mut header = header(kind, entry.size());
        header.set_mode(entry.mode);
        // Times before 1970 stand in the manifest alone.
        header.set_mtime(u64::try_from(entry.modified.seconds).unwrap_or(0));
        let path = entry.archived();
        self.name(
            tar::EntryType::GNULongName,
            &mut header.as_old_mut().name,
            path,
        )?;
        if let Kind::Link { to } = &entry.kind {
            let to = to.as_os_str().as_bytes();
            self.name(
                tar::EntryType::GNULongLink,
                &mut header.as_old_mut().linkname,
                to,
            )?;
        }
        header.set_cksum();
        Ok(header)
    }

    fn name(&mut self, kind: tar::EntryType, field: &mut [u8], name: &[u8]) -> io::Result<()> {
        let fits = name.len().min(field.len());
        field[..fits].copy_from_slice(&name[..fits]);
        if fits < name.len() {
            let mut long = header(kind, name.len() as u64 + 1);
            let marker = b"././@LongLink";
            long.as_old_mut().name[..marker.len()].copy_from_slice(marker);
            long.set_cksum();
            self.builder.append(&long, name.chain(&[0][..]))?;
        }
        Ok(())
    }
}

fn header(kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
