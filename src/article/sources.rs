//! The walk over files, folders and standard input: one article in memory at a time.

use super::{Article, Format, read_bytes};
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The size above which an article is refused, unless [`Sources::limit`] says otherwise: 64 MiB.
pub const DEFAULT_LIMIT: u64 = 64 << 20;

/// Articles from paths, lazily. An error is an item: what comes after it is still read.
///
/// A path is a file (read whatever its name), a folder (walked in order of names; hidden and ignored files are skipped, as
/// ripgrep does, and only `.txt`, `.text`, `.md` and `.markdown` are read; a link to a folder is not followed) or `-` for
/// standard input.
pub struct Sources {
    paths: VecDeque<PathBuf>,
    folder: Option<Folder>,
    limit: u64,
}

/// A folder that is being walked.
struct Folder {
    path: PathBuf,
    walk: ignore::Walk,
    /// Articles and errors so far.
    items: usize,
}

impl Sources {
    /// Articles from these paths, in this order.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self { paths: paths.into_iter().map(Into::into).collect(), folder: None, limit: DEFAULT_LIMIT }
    }

    /// Refuses articles of more than so many bytes.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The next article of the folder that is open, or `None` if none is or it is done.
    fn next_of_folder(&mut self) -> Option<Result<Article>> {
        let folder = self.folder.as_mut()?;
        for entry in folder.walk.by_ref() {
            let item = match entry {
                Err(e) => Err(walk_error(&e, &folder.path)),
                Ok(entry) if is_article(&entry) => read_file(entry.path(), self.limit),
                Ok(_) => continue,
            };
            folder.items += 1;
            return Some(item);
        }
        let Folder { path, items, .. } = self.folder.take()?;
        (items == 0).then(|| {
            Err(Error::new("no article in this folder")
                .at(path)
                .expected("files that end in .txt, .text, .md or .markdown")
                .hint("a file that is named on the command line is read whatever its name; hidden and ignored files are skipped"))
        })
    }
}

impl Iterator for Sources {
    type Item = Result<Article>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.next_of_folder() {
                return Some(item);
            }
            let path = self.paths.pop_front()?;
            if path.as_os_str() == "-" {
                return Some(read_from(std::io::stdin().lock(), "-", None, self.limit));
            }
            if !path.is_dir() {
                return Some(read_file(&path, self.limit));
            }
            let walk = ignore::WalkBuilder::new(&path).sort_by_file_name(Ord::cmp).build();
            self.folder = Some(Folder { path, walk, items: 0 });
        }
    }
}

/// Reads one article of at most `limit` bytes.
pub fn read_from(reader: impl Read, id: &str, path: Option<&Path>, limit: u64) -> Result<Article> {
    let mut bytes = Vec::new();
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| Error::new(format!("cannot read it: {e}")).at(id))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit).at(id));
    }
    read_bytes(id, path, bytes)
}

fn read_file(path: &Path, limit: u64) -> Result<Article> {
    let id = path.display().to_string();
    let file = File::open(path).map_err(|e| {
        let error = Error::new(format!("cannot open it: {e}")).at(path);
        if e.kind() == std::io::ErrorKind::NotFound { error.hint("check the path; `-` reads standard input") } else { error }
    })?;
    // Known before it is read, for files that have a size.
    if file.metadata().is_ok_and(|m| m.len() > limit) {
        return Err(too_large(limit).at(path));
    }
    read_from(file, &id, Some(path), limit)
}

fn too_large(limit: u64) -> Error {
    let limit = if limit.is_multiple_of(1 << 20) { format!("{} MiB", limit >> 20) } else { format!("{limit} bytes") };
    Error::new(format!("the article is larger than {limit}")).expected("one article per file").hint("split the file")
}

/// Whether an entry of a folder is an article: by its ending, and a file or a link to one.
fn is_article(entry: &ignore::DirEntry) -> bool {
    let Some(kind) = entry.file_type() else { return false };
    Format::known(entry.path()).is_some() && (kind.is_file() || kind.is_symlink() && !entry.path().is_dir())
}

/// An error of the walk, with the innermost path that it names.
fn walk_error(error: &ignore::Error, folder: &Path) -> Error {
    let mut place = folder;
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path, err } => {
                place = path;
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            _ => return Error::new(format!("cannot read it: {inner}")).at(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn ids(sources: Sources, root: &Path) -> Vec<String> {
        let root = root.display().to_string();
        let name = |id: &str| id.replace(&root, "ROOT");
        sources
            .map(|item| match item {
                Ok(a) => name(&a.id),
                Err(e) => format!("! {}", name(&e.to_string())),
            })
            .collect()
    }

    #[test]
    fn folders_are_walked_by_name_and_only_for_articles() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::create_dir(path.join("sub")).unwrap();
        for name in ["b.txt", "a.md", "sub/c.markdown", "d.rs", ".hidden.txt", "skipped.txt"] {
            fs::write(path.join(name), "The ferry stayed.").unwrap();
        }
        fs::write(path.join(".ignore"), "skipped.txt\n").unwrap();
        assert_eq!(ids(Sources::new([path]), path), ["ROOT/a.md", "ROOT/b.txt", "ROOT/sub/c.markdown"]);
        assert_eq!(ids(Sources::new([path.join("d.rs")]), path), ["ROOT/d.rs"], "a named file is read whatever its name");
    }

    #[test]
    fn a_bad_path_is_an_item_and_the_rest_goes_on() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("good.txt"), "The ferry stayed.").unwrap();
        fs::write(path.join("bad.txt"), b"\xff\xff\xff").unwrap();
        fs::create_dir(path.join("empty")).unwrap();
        let found =
            ids(Sources::new([path.join("none.txt"), path.join("bad.txt"), path.join("empty"), path.join("good.txt")]), path);
        assert!(found[0].starts_with("! ROOT/none.txt: cannot open it") && found[0].contains("hint:"), "{}", found[0]);
        assert!(found[1].starts_with("! ROOT/bad.txt:1: not UTF-8"), "{}", found[1]);
        assert!(found[2].starts_with("! ROOT/empty: no article in this folder"), "{}", found[2]);
        assert_eq!(found[3], "ROOT/good.txt");
    }

    #[test]
    fn the_limit_counts_bytes_of_files_and_streams() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(&path, "12345").unwrap();
        assert!(Sources::new([&path]).limit(5).all(|a| a.is_ok()));
        assert!(Sources::new([&path]).limit(4).next().unwrap().unwrap_err().to_string().contains("larger than 4 bytes"));
        assert!(read_from(&b"12345"[..], "-", None, 4).unwrap_err().to_string().starts_with("-: the article is larger"));
        assert_eq!(read_from(&b"12345"[..], "-", None, 5).unwrap().path, None);
    }

    #[cfg(unix)]
    #[test]
    fn loops_of_links_end_and_links_to_files_are_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("a.txt"), "The ferry stayed.").unwrap();
        std::os::unix::fs::symlink(path, path.join("loop")).unwrap();
        std::os::unix::fs::symlink(path.join("a.txt"), path.join("b.txt")).unwrap();
        std::os::unix::fs::symlink(path.join("gone.txt"), path.join("c.txt")).unwrap();
        let found = ids(Sources::new([path]), path);
        assert_eq!(found[..2], ["ROOT/a.txt", "ROOT/b.txt"]);
        let linked = ids(Sources::new([path.join("loop")]), path);
        assert_eq!(linked[0], "ROOT/loop/a.txt", "a named link to a folder is followed");
        assert!(found.len() == 3 && found[2].starts_with("! ROOT/c.txt: cannot open it"), "{found:?}");
    }
}
