//! Files that appear under their name whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::{Error, Result};

/// A file `<name>.partial` that becomes `<name>` when it is complete, and is removed otherwise.
///
/// What a kill leaves of it is overwritten by the next attempt.
pub struct Partial {
    file: File,
    path: PathBuf,
    name: PathBuf,
    complete: bool,
}

impl Partial {
    pub fn create(name: &Path) -> Result<Self> {
        let path = partial(name);
        let file = File::create(&path).map_err(Error::write(&path))?;
        Ok(Self {
            file,
            path,
            name: name.to_path_buf(),
            complete: false,
        })
    }

    /// Gives the file its name, once its bytes are on the disk.
    pub fn complete(mut self) -> Result<()> {
        self.file.sync_all().map_err(Error::write(&self.path))?;
        fs::rename(&self.path, &self.name).map_err(Error::write(&self.name))?;
        self.complete = true;
        // A rename is on the disk when its folder is.
        let folder = self.name.parent().unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::write(folder))
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.complete {
            // There is an error on its way already, and the next attempt overwrites the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a file under its name and under its partial name, where they are.
pub fn remove(name: &Path) -> Result<()> {
    for path in [name, &partial(name)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::write(path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn partial(name: &Path) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(".partial");
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("file");
        let mut file = Partial::create(&name).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!name.exists());
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut file = Partial::create(&name).unwrap();
        file.write_all(b"whole").unwrap();
        file.complete().unwrap();
        assert_eq!(fs::read(&name).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        remove(&name).unwrap();
        remove(&name).unwrap();
        assert!(!name.exists());
    }
}
