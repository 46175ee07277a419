//! Files that are written whole or not at all: to a temporary file beside the target, then renamed.

use crate::error::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A file in the making; it takes its name in [`AtomicFile::finish`], and dropping it before leaves nothing behind.
pub struct AtomicFile {
    out: Out,
    _listed: Option<Listed>,
    /// The file that is replaced: links are followed.
    target: PathBuf,
    /// As it was asked for, for errors.
    name: PathBuf,
}

/// Temporary files that are being written, for [`discard_all`].
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Keeps a path on the list while it lives.
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished().remove(&self.0);
    }
}

/// Removes every temporary file: for a program that ends without returning.
pub fn discard_all() {
    for path in std::mem::take(&mut *unfinished()) {
        let _ = fs::remove_file(path);
    }
}

/// An error where files could not be written into a folder, whether it is there or would have to be made: for long work whose
/// outcome goes there.
pub fn check_folder(folder: &Path) -> Result<()> {
    // An empty path is what is left of a relative one.
    let there = folder.ancestors().map(|f| if f.as_os_str().is_empty() { Path::new(".") } else { f }).find(|f| f.exists());
    let there = there.unwrap_or(Path::new("/"));
    if !there.is_dir() {
        return Err(crate::Error::new("a file").at(there).expected("a folder to write into, or a name that is not taken"));
    }
    tempfile::tempfile_in(there).map(drop).context("no file can be made in the folder").map_err(|e| e.at(there))
}

enum Out {
    /// Apart from its path, which is that of no file that anybody asked for: errors of a `NamedTempFile` name it.
    Temporary(BufWriter<fs::File>, tempfile::TempPath),
    /// A device or a pipe: there is nothing to replace.
    Direct(BufWriter<fs::File>),
}

impl AtomicFile {
    /// Opens a temporary file in the folder of `target`. A link is followed, a file keeps its permissions, and a device is written to as it is.
    pub fn create(target: &Path) -> Result<Self> {
        let name = target.to_path_buf();
        let before = fs::metadata(target).ok();
        if before.as_ref().is_some_and(fs::Metadata::is_dir) || target.to_string_lossy().ends_with(std::path::is_separator) {
            return Err(crate::Error::new("a folder").at(target).expected("the name of a file to write"));
        }
        if before.as_ref().is_some_and(|m| !m.is_file()) {
            let file =
                fs::OpenOptions::new().write(true).open(target).context("opening a file to write").map_err(|e| e.at(target))?;
            return Ok(Self { out: Out::Direct(BufWriter::new(file)), _listed: None, target: name.clone(), name });
        }
        let followed = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let target = followed.as_path();
        let folder = match target.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            let found = if folder.exists() { "a file where a folder should be" } else { "there is no such folder" };
            return Err(crate::Error::new(format!("cannot write here: {found}: {}", folder.display()))
                .at(name)
                .hint("make the folder first, or write elsewhere"));
        }
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(before.map_or_else(|| fs::Permissions::from_mode(0o644), |m| m.permissions()));
        }
        let temporary = builder.prefix(".stance-").tempfile_in(folder).map_err(|e| {
            // The error itself names the temporary file.
            crate::Error::new(format!("opening a file to write: {}", e.kind()))
                .at(&name)
                .hint("the folder must exist and be writable")
        })?;
        let (file, path) = temporary.into_parts();
        unfinished().insert(path.to_path_buf());
        let listed = Some(Listed(path.to_path_buf()));
        Ok(Self {
            out: Out::Temporary(BufWriter::with_capacity(1 << 16, file), path),
            _listed: listed,
            target: target.to_path_buf(),
            name,
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.out {
            Out::Temporary(out, _) => out,
            Out::Direct(out) => out,
        }
    }

    fn named(&self, e: io::Error) -> io::Error {
        io::Error::new(e.kind(), format!("{}: {e}", self.name.display()))
    }

    /// Writes what is buffered, makes it durable and gives the file its name.
    pub fn finish(self) -> Result<()> {
        let Self { out, target, name, .. } = self;
        let write = || -> io::Result<()> {
            match out {
                Out::Temporary(out, path) => {
                    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
                    path.persist(&target).map_err(|e| e.error)
                }
                Out::Direct(mut out) => out.flush(),
            }
        };
        write().context("writing").map_err(|e| e.at(name).hint("nothing was left behind; is the disk full?"))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.writer().write(buf).map_err(|e| self.named(e))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush().map_err(|e| self.named(e))
    }
}

/// Writes a whole file.
pub fn write(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(target)?;
    file.writer()
        .write_all(bytes)
        .context("writing")
        .map_err(|e| e.at(target).hint("nothing was left behind; is the disk full?"))?;
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

    #[cfg(unix)]
    #[test]
    fn what_is_there_keeps_its_nature() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        assert!(AtomicFile::create(dir.path()).is_err(), "a folder is refused before any work");
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, b"old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
