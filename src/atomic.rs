//! Files that are written whole or not at all: to a temporary file beside the target, then renamed.

use crate::error::{Context, Result};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file in the making; it takes its name in [`AtomicFile::finish`], and dropping it before leaves nothing behind.
pub struct AtomicFile {
    temporary: BufWriter<tempfile::NamedTempFile>,
    target: PathBuf,
}

impl AtomicFile {
    /// Opens a temporary file in the folder of `target`.
    pub fn create(target: &Path) -> Result<Self> {
        let folder = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o644));
        }
        let temporary = builder
            .prefix(".stance-")
            .tempfile_in(folder)
            .context("opening a file to write")
            .map_err(|e| e.at(target).hint("the folder must exist and be writable"))?;
        Ok(Self { temporary: BufWriter::with_capacity(1 << 16, temporary), target: target.to_path_buf() })
    }

    /// Writes what is buffered, makes it durable and gives the file its name.
    pub fn finish(self) -> Result<()> {
        let target = self.target;
        let write = || -> io::Result<()> {
            let file = self.temporary.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.as_file().sync_all()?;
            file.persist(&target).map_err(|e| e.error)?;
            Ok(())
        };
        write().context("writing").map_err(|e| e.at(&target).hint("nothing was left behind; is the disk full?"))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.temporary.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// Writes a whole file.
pub fn write(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(target)?;
    file.write_all(bytes).context("writing").map_err(|e| e.at(target).hint("nothing was left behind; is the disk full?"))?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        write(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
