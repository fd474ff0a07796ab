//! Puts back what a backup holds: files first, then links, then what is set on folders.

use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use filetime::FileTime;
use taskflow::task;

use super::entry::{Entry, Kind, Time};
use super::error::{Error, Result};
use super::io::Io;
use super::manifest::{Manifest, Pack};
use super::place::Place;
use super::report::Report;
use super::unpack::{Item, unpack};

/// Restores the folders and files of one pack.
///
/// Links come later, so that nothing is ever written through one. What an earlier attempt left is
/// replaced.
#[task]
pub fn restore_pack(
    backup: &Place,
    target: &Place,
    manifest: &Manifest,
    pack: &Pack,
    io: &Io,
) -> Result<()> {
    io.begin("restoring", manifest.packs.len(), || {
        manifest.entries().map(|stored| stored.entry.size()).sum()
    });
    unpack(&backup.pack(&pack.name), pack, io, |item| {
        let entry = &item.stored.entry;
        let path = target.path.join(&entry.path);
        match entry.kind {
            Kind::Folder => make_folder(&path),
            Kind::File { .. } => {
                make_folder(path.parent().unwrap_or(&target.path))?;
                restore_file(item, &path)
            }
            Kind::Link { .. } => Ok(()),
        }
    })?;
    sync(&target.path)?;
    io.line(&format!("restored {}", pack.name));
    Ok(())
}

/// Makes the links, and gives all folders their permissions and times.
#[task(provides = report)]
pub fn settle(target: &Place, manifest: &Manifest, io: &Io) -> Result<Report> {
    let folders: Vec<&Entry> = manifest
        .entries()
        .map(|stored| &stored.entry)
        .filter(|entry| entry.kind == Kind::Folder)
        .collect();
    // An earlier attempt may have closed some of them already. From the top, so that each can be
    // reached.
    for entry in &folders {
        let path = target.path.join(&entry.path);
        make_folder(&path)?;
        set_mode(&path, 0o700)?;
    }
    for stored in manifest.entries() {
        io.check()?;
        if let Kind::Link { to } = &stored.entry.kind {
            let path = target.path.join(&stored.entry.path);
            make_folder(path.parent().unwrap_or(&target.path))?;
            restore_link(&path, to, stored.entry.modified)?;
        }
    }
    // From the bottom: a change within a folder would change its time.
    for entry in folders.iter().rev() {
        let path = target.path.join(&entry.path);
        File::open(&path)
            .and_then(|folder| set_time(&folder, entry.modified))
            .map_err(Error::write(&path))?;
        set_mode(&path, entry.mode)?;
    }
    sync(&target.path)?;
    Ok(Report::new(manifest, Vec::new()))
}

fn restore_file(item: Item<'_>, path: &Path) -> Result<()> {
    remove(path)?;
    let Entry { mode, modified, .. } = item.stored.entry;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::write(path))?;
    let result = item.copy(&mut file, path).and_then(|()| {
        set_time(&file, modified)
            .and_then(|()| file.set_permissions(kept(mode)))
            .map_err(Error::write(path))
    });
    if result.is_err() {
        // Half a file under its own name would look like a whole one.
        remove(path)?;
    }
    result
}

fn restore_link(path: &Path, to: &Path, modified: Time) -> Result<()> {
    remove(path)?;
    let time = FileTime::from_unix_time(modified.seconds, modified.nanos);
    symlink(to, path)
        .and_then(|()| filetime::set_symlink_file_times(path, time, time))
        .map_err(Error::write(path))
}

fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(Error::write(path))
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, kept(mode)).map_err(Error::write(path))
}

/// Without set-user-id and set-group-id: the owner is now whoever restores, and such a program
/// would run as them.
fn kept(mode: u32) -> Permissions {
    Permissions::from_mode(mode & 0o1777)
}

fn set_time(file: &File, time: Time) -> io::Result<()> {
    let seconds = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = if time.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    };
    let modified = whole
        .and_then(|whole| whole.checked_add(Duration::from_nanos(time.nanos.into())))
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    file.set_times(FileTimes::new().set_modified(modified))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::write(path)(error)),
        _ => Ok(()),
    }
}

/// Brings everything that was restored to the disk, at the price of one sync instead of one for
/// each file.
fn sync(target: &Path) -> Result<()> {
    File::open(target)
        .and_then(|folder| {
            #[cfg(target_os = "linux")]
            rustix::fs::syncfs(folder)?;
            #[cfg(not(target_os = "linux"))]
            {
                drop(folder);
                rustix::fs::sync();
            }
            Ok(())
        })
        .map_err(Error::write(target))
}
