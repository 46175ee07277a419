//! The walk over files, folders and standard input: one article in memory at a time.

use super::format::{Format, Found};
use super::open::{self, Articles, HEAD, Origin, Settings, too_large};
use super::{Article, Columns, unpack};
use crate::error::{Error, Result};
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The size above which an article is refused, unless [`Sources::limit`] says otherwise: 64 MiB.
pub const DEFAULT_LIMIT: u64 = 64 << 20;

/// Articles from paths, lazily. An error is an item: what comes after it is still read.
///
/// A path is a file (read whatever its name), a folder or `-` for standard input. A folder is walked in order of names;
/// hidden and ignored files are skipped, as ripgrep does, and a link to a folder is not followed. In a folder those files
/// are read whose ending names a format, and others whose first bytes prove one (a PDF or a page without an ending). A file that
/// is met again (twice among the paths, in a folder too, by a link) is read once.
pub struct Sources {
    paths: VecDeque<PathBuf>,
    folder: Option<Folder>,
    /// The articles of the file that is open.
    file: Option<Articles>,
    /// A file that is passed over in folders.
    without: Option<PathBuf>,
    opened: Opened,
    settings: Settings,
}

/// Files that have been opened, as they are called without links and dots.
struct Opened {
    paths: HashSet<PathBuf>,
    /// Hears of each that is asked for again.
    tell: Box<dyn Fn(&Path) + Send>,
}

impl Opened {
    /// Whether standard input, or the file under this name or another, has been opened before. A pipe may be read more than once.
    fn again(&mut self, path: &Path) -> bool {
        let real = match path.to_str() {
            Some("-") => Some(path.to_path_buf()),
            _ => path.canonicalize().ok().filter(|real| real.is_file()),
        };
        let again = real.is_some_and(|real| !self.paths.insert(real));
        if again {
            (self.tell)(path);
        }
        again
    }
}

/// A folder that is being walked.
struct Folder {
    path: PathBuf,
    walk: ignore::Walk,
    /// Files and errors so far.
    items: usize,
}

impl Sources {
    /// Articles from these paths, in this order.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        let paths = paths.into_iter().map(Into::into).collect();
        let opened = Opened { paths: HashSet::new(), tell: Box::new(|_| ()) };
        Self { paths, folder: None, file: None, without: None, opened, settings: Settings::default() }
    }

    /// Refuses articles of more than so many bytes: as they are, unpacked, and as text.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.settings.limit = bytes;
        self
    }

    /// Passes over a file in folders: one that an earlier run wrote there, and that this one will write.
    pub fn without(mut self, path: &Path) -> Self {
        self.without = path.canonicalize().ok();
        self
    }

    /// Calls `tell` with each file that is passed over because it has been read.
    pub fn on_repeat(mut self, tell: impl Fn(&Path) + Send + 'static) -> Self {
        self.opened.tell = Box::new(tell);
        self
    }

    /// Which columns of rows hold what.
    pub fn columns(mut self, columns: Columns) -> Self {
        self.settings.columns = columns;
        self
    }

    /// Opens the next file, of the folder that is open or of the paths; `None` if there is none.
    fn next_file(&mut self) -> Option<Result<Articles>> {
        loop {
            if let Some(file) = self.next_of_folder() {
                return Some(file);
            }
            let path = self.paths.pop_front()?;
            if self.opened.again(&path) {
                continue;
            }
            if path.as_os_str() == "-" {
                let origin = Origin { id: "-".to_owned(), path: None };
                return Some(open::open(Box::new(std::io::stdin()), origin, &self.settings));
            }
            if !path.is_dir() {
                return Some(open_file(&path, &self.settings));
            }
            let walk = ignore::WalkBuilder::new(&path).sort_by_file_name(Ord::cmp).build();
            self.folder = Some(Folder { path, walk, items: 0 });
        }
    }

    /// The next file of the folder that is open, or `None` if none is or it is done.
    fn next_of_folder(&mut self) -> Option<Result<Articles>> {
        let folder = self.folder.as_mut()?;
        let passed_over = |path: &Path| self.without.is_some() && path.canonicalize().ok() == self.without;
        for entry in folder.walk.by_ref() {
            let item = match entry {
                Err(e) => Err(walk_error(&e, &folder.path)),
                Ok(entry) if passed_over(entry.path()) => continue,
                Ok(entry) if !is_article(&entry, self.settings.limit) => continue,
                Ok(entry) if self.opened.again(entry.path()) => {
                    folder.items += 1;
                    continue;
                }
                Ok(entry) => open_file(entry.path(), &self.settings),
            };
            folder.items += 1;
            return Some(item);
        }
        let Folder { path, items, .. } = self.folder.take()?;
        (items == 0).then(|| {
            Err(Error::new("no article in this folder")
                .at(path)
                .expected("text, Markdown, HTML, PDF, DOCX, EPUB, RSS or Atom, WARC, JSONL or CSV")
                .hint("a file that is named on the command line is read whatever its name; hidden and ignored files are skipped"))
        })
    }
}

impl Iterator for Sources {
    type Item = Result<Article>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(article) = self.file.as_mut().and_then(Iterator::next) {
                return Some(article);
            }
            match self.next_file()? {
                Ok(articles) => self.file = Some(articles),
                Err(error) => {
                    self.file = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

fn open_file(path: &Path, settings: &Settings) -> Result<Articles> {
    let file = File::open(path).map_err(|e| {
        let error = Error::new(format!("cannot open it: {e}")).at(path);
        let is_address = path.to_str().is_some_and(|p| p.starts_with("http://") || p.starts_with("https://"));
        match e.kind() {
            std::io::ErrorKind::NotFound if is_address => error.hint("nothing is fetched: save the page, and name the file"),
            std::io::ErrorKind::NotFound => error.hint("check the path; `-` reads standard input"),
            _ => error,
        }
    })?;
    // Known before it is read, for files that have a size; files of rows and archives may be larger than an article.
    let many = matches!(Format::by_name(path), Some(Format::Jsonl | Format::Csv(_) | Format::Warc));
    if !many && file.metadata().is_ok_and(|m| m.len() > settings.limit) && matches!(head_of(path), Some(Found::Unknown)) {
        return Err(too_large(settings.limit).at(path));
    }
    let origin = Origin { id: path.display().to_string(), path: Some(path.to_path_buf()) };
    open::open(Box::new(file), origin, settings)
}

/// What the first bytes of a file prove it to be, unpacked if it is packed; `None` if it cannot be read.
fn head_of(path: &Path) -> Option<Found> {
    let (mut head, stream) = unpack::peek(Box::new(File::open(path).ok()?), HEAD).ok()?;
    if let Ok(unpacked) = unpack::layer(&head, stream, HEAD) {
        head = unpack::peek(unpacked, HEAD).ok()?.0;
    }
    Some(Format::by_content(&head))
}

/// Whether an entry of a folder is an article, by its ending or its content, and a file or a link to one.
fn is_article(entry: &ignore::DirEntry, limit: u64) -> bool {
    let Some(kind) = entry.file_type() else { return false };
    let path = entry.path();
    if !(kind.is_file() || kind.is_symlink() && !path.is_dir()) {
        return false;
    }
    // A pipe or a device has no size and would not end.
    let small = || path.metadata().is_ok_and(|m| m.is_file() && m.len() <= limit);
    Format::by_name(path).is_some() || small() && matches!(head_of(path), Some(Found::Is(_)))
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
        fs::write(path.join("bad.txt"), b"\0\0\0").unwrap();
        fs::create_dir(path.join("empty")).unwrap();
        let found =
            ids(Sources::new([path.join("none.txt"), path.join("bad.txt"), path.join("empty"), path.join("good.txt")]), path);
        assert!(found[0].starts_with("! ROOT/none.txt: cannot open it") && found[0].contains("hint:"), "{}", found[0]);
        assert!(found[1].starts_with("! ROOT/bad.txt:1: this looks like binary data"), "{}", found[1]);
        assert!(found[2].starts_with("! ROOT/empty: no article in this folder"), "{}", found[2]);
        assert_eq!(found[3], "ROOT/good.txt");
    }

    #[test]
    fn the_file_that_is_written_is_passed_over_in_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        for name in ["a.txt", "labels.jsonl"] {
            fs::write(path.join(name), "{\"text\":\"The ferry stayed.\"}\n").unwrap();
        }
        assert_eq!(ids(Sources::new([path]).without(&path.join("labels.jsonl")), path), ["ROOT/a.txt"]);
        assert_eq!(ids(Sources::new([path]).without(&path.join("not-yet.jsonl")), path).len(), 2);
    }

    #[test]
    fn the_limit_counts_bytes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(&path, "12345").unwrap();
        assert!(Sources::new([&path]).limit(5).all(|a| a.is_ok()));
        assert!(Sources::new([&path]).limit(4).next().unwrap().unwrap_err().to_string().contains("larger than 4 bytes"));
    }

    #[test]
    fn files_without_a_known_ending_are_read_where_their_content_is_plain() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("page"), "<!DOCTYPE html><html><body><p>The ferry stayed.</p></body></html>").unwrap();
        fs::write(path.join("notes"), "The ferry stayed.").unwrap();
        fs::write(path.join("rows.jsonl"), "{\"text\":\"One.\"}\n{\"text\":\"Two.\"}\n").unwrap();
        assert_eq!(ids(Sources::new([path]), path), ["ROOT/page", "ROOT/rows.jsonl:1", "ROOT/rows.jsonl:2"]);
        assert_eq!(ids(Sources::new([path.join("notes")]), path), ["ROOT/notes"]);
    }

    #[test]
    fn a_file_that_is_met_again_is_read_once_and_told() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::create_dir(path.join("in")).unwrap();
        for name in ["in/a.txt", "in/b.txt"] {
            fs::write(path.join(name), "The ferry stayed.").unwrap();
        }
        let read = |paths: &[&str]| {
            let (sender, told) = std::sync::mpsc::channel();
            let tell = move |again: &Path| sender.send(again.display().to_string()).unwrap();
            let read = ids(Sources::new(paths.iter().map(|p| path.join(p))).on_repeat(tell), path);
            (read, told.into_iter().map(|told| told.replace(&path.display().to_string(), "ROOT")).collect::<Vec<_>>())
        };
        let both = ["ROOT/in/a.txt", "ROOT/in/b.txt"];
        for (paths, told) in [
            (["in/a.txt", "in/a.txt", "in/b.txt"], "ROOT/in/a.txt"),
            (["in/a.txt", "in/../in/a.txt", "in/b.txt"], "ROOT/in/../in/a.txt"),
            (["in/a.txt", "in/b.txt", "in/./b.txt"], "ROOT/in/./b.txt"),
        ] {
            assert_eq!(read(&paths), (both.map(str::to_owned).to_vec(), vec![told.to_owned()]));
        }
        assert_eq!(read(&["in", "in/b.txt"]).0, both);
        let (again, told) = read(&["in", "in"]);
        assert_eq!(
            (again, told),
            (both.map(str::to_owned).to_vec(), both.map(str::to_owned).to_vec()),
            "the second is not empty"
        );
    }

    #[cfg(unix)]
    #[test]
    fn loops_of_links_end_and_links_to_files_are_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("a.txt"), "The ferry stayed.").unwrap();
        std::os::unix::fs::symlink(path, path.join("loop")).unwrap();
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        fs::write(&elsewhere, "The ferry stayed.").unwrap();
        std::os::unix::fs::symlink(&elsewhere, path.join("b.txt")).unwrap();
        std::os::unix::fs::symlink(path.join("gone.txt"), path.join("c.txt")).unwrap();
        let found = ids(Sources::new([path]), path);
        assert_eq!(found[..2], ["ROOT/a.txt", "ROOT/b.txt"]);
        let linked = ids(Sources::new([path.join("loop")]), path);
        assert_eq!(linked[0], "ROOT/loop/a.txt", "a named link to a folder is followed");
        assert!(found.len() == 3 && found[2].starts_with("! ROOT/c.txt: cannot open it"), "{found:?}");
    }
}
