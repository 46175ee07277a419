//! The walk over files, folders and standard input: one article in memory at a time.

use super::format::{self, Format, Found};
use super::open::{self, Articles, HEAD, Origin, Settings, lock, too_large};
use super::rows::quoted;
use super::{Article, Columns, unpack};
use crate::error::{Error, Result};
use crate::plural::count;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

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
    /// Files in folders that are no articles, counted by the ending of their names.
    passed_over: BTreeMap<String, usize>,
    settings: Settings,
}

/// Endings that are named of the files that were passed over.
const ENDINGS: usize = 8;

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
        let passed_over = BTreeMap::new();
        Self { paths, folder: None, file: None, without: None, opened, passed_over, settings: Settings::default() }
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
        self.settings.unfound = Arc::new(Mutex::new(columns.named().cloned().collect()));
        self.settings.columns = columns;
        self
    }

    /// What is to be said of the files behind the last article: how many in folders were passed over, of which kinds, and which
    /// columns that were asked for are in none.
    pub fn remarks(&self) -> Vec<String> {
        let unfound: Vec<String> = lock(&self.settings.unfound).iter().cloned().collect();
        let unfound = (!unfound.is_empty()).then(|| format!("no file has a column {}, as --columns asks for", quoted(&unfound)));
        self.passed_over().into_iter().chain(unfound).collect()
    }

    fn passed_over(&self) -> Option<String> {
        let mut kinds: Vec<(&String, usize)> = self.passed_over.iter().map(|(ending, n)| (ending, *n)).collect();
        kinds.sort_by_key(|(_, n)| Reverse(*n));
        let sum = |kinds: &[(&String, usize)]| kinds.iter().map(|(_, n)| n).sum::<usize>();
        let (first, rest) = kinds.split_at(kinds.len().min(ENDINGS));
        let mut shown: Vec<String> = first.iter().map(|(ending, n)| format!("{n} {ending}")).collect();
        if !rest.is_empty() {
            shown.push(format!("{} others", sum(rest)));
        }
        let all = sum(&kinds);
        (all > 0).then(|| format!("{} passed over: {}", count(all, "file"), shown.join(", ")))
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
                self.settings.by_itself = true;
                return Some(open::open(Box::new(std::io::stdin()), origin, &self.settings));
            }
            self.settings.by_itself = !path.is_dir();
            if self.settings.by_itself {
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
                Ok(entry) if !is_file(&entry) => continue,
                Ok(entry) if !is_article(entry.path(), &self.settings) => {
                    let ending = entry.path().extension().map(|e| format!(".{}", e.to_string_lossy().to_lowercase()));
                    *self.passed_over.entry(ending.unwrap_or_else(|| "without an ending".to_owned())).or_default() += 1;
                    continue;
                }
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
                .expected("text, Markdown, HTML, PDF, DOCX, EPUB, RSS or Atom, WARC, JSON, JSONL or CSV")
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
    if file.metadata().is_ok_and(|m| m.len() > settings.limit) && is_prose(path) {
        return Err(too_large(settings.limit).at(path));
    }
    let origin = Origin { id: path.display().to_string(), path: Some(path.to_path_buf()) };
    open::open(Box::new(file), origin, settings)
}

/// Whether a file is read as text or Markdown.
fn is_prose(path: &Path) -> bool {
    let found = head_of(path).map(|head| Format::of(Some(path), &head));
    matches!(found, Some(Found::Unknown | Found::Is(Format::Text | Format::Markdown)))
}

/// The first bytes of a file, unpacked if it is packed; `None` if it cannot be read.
fn head_of(path: &Path) -> Option<Vec<u8>> {
    let (mut head, stream) = unpack::peek(Box::new(File::open(path).ok()?), HEAD).ok()?;
    if let Ok(unpacked) = unpack::layer(&head, stream, HEAD) {
        head = unpack::peek(unpacked, HEAD).ok()?.0;
    }
    Some(head)
}

/// Whether an entry of a folder is a file or a link to one.
fn is_file(entry: &ignore::DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink() && !entry.path().is_dir())
}

/// Whether a file of a folder is an article, by its ending or its content.
fn is_article(path: &Path, settings: &Settings) -> bool {
    match Format::by_name(path) {
        // Much is kept in JSON that is no article.
        Some(Format::Json) => head_of(path).is_none_or(|head| format::has_text(&head, &settings.columns)),
        Some(_) => true,
        // A pipe or a device has no size and would not end.
        None if path.metadata().is_ok_and(|m| m.is_file() && m.len() <= settings.limit) => {
            match head_of(path).map(|head| Format::by_content(&head)) {
                Some(Found::Is(Format::Zip)) => is_document(path),
                found => matches!(found, Some(Found::Is(_))),
            }
        }
        None => false,
    }
}

#[cfg(any(feature = "docx", feature = "epub"))]
use super::zipped::is_document;

#[cfg(not(any(feature = "docx", feature = "epub")))]
fn is_document(_: &Path) -> bool {
    false
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
        assert_eq!(ids(Sources::new([path]).without(&path.join("labels.jsonl")), path), ["ROOT/a.txt:1"]);
        assert_eq!(ids(Sources::new([path]).without(&path.join("not-yet.jsonl")), path).len(), 2);
    }

    #[test]
    fn the_limit_counts_bytes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.txt");
        fs::write(&path, "12345").unwrap();
        assert!(Sources::new([&path]).limit(5).all(|a| a.is_ok()));
        assert!(Sources::new([&path]).limit(4).next().unwrap().unwrap_err().to_string().contains("larger than 4 bytes"));
        // Of rows it counts those of each.
        fs::write(&path, format!("id,text\n{}", "1,One.\n".repeat(9))).unwrap();
        assert_eq!(Sources::new([&path]).limit(10).filter(|a| a.is_ok()).count(), 9);
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

    #[test]
    fn what_is_passed_over_is_counted_by_its_kind() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("a.txt"), "The ferry stayed.").unwrap();
        let mut sources = Sources::new([path]);
        assert_eq!(sources.by_ref().count(), 1);
        assert!(sources.remarks().is_empty());
        fs::create_dir(path.join("sub.d")).unwrap();
        for name in ["a.css", "sub.d/b.PNG", "c.png", "notes", ".hidden.css", "package.json"] {
            fs::write(path.join(name), "{\"name\": \"x\"}").unwrap();
        }
        let mut sources = Sources::new([path]);
        assert_eq!(sources.by_ref().count(), 1);
        assert_eq!(sources.remarks(), ["5 files passed over: 2 .png, 1 .css, 1 .json, 1 without an ending"]);
        for i in 0..20 {
            fs::write(path.join(format!("a.x{i:02}")), "x").unwrap();
        }
        let mut sources = Sources::new([path]);
        assert_eq!(sources.by_ref().count(), 1);
        let expected = "25 files passed over: 2 .png, 1 .css, 1 .json, 1 .x00, 1 .x01, 1 .x02, 1 .x03, 1 .x04, 16 others";
        assert_eq!(sources.remarks(), [expected]);
    }

    #[test]
    fn json_in_folders_is_read_where_it_is_of_articles() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("a.json"), "[{\"text\": \"One.\"},\n{\"text\": \"Two.\"}]").unwrap();
        fs::write(path.join("b.json"), "{\n\"story\": \"Three.\"\n}").unwrap();
        fs::write(path.join("c.json"), "{\n\"text\": \"Four.\"").unwrap();
        let found = ids(Sources::new([path]), path);
        assert_eq!(found[..2], ["ROOT/a.json:1", "ROOT/a.json:2"]);
        assert!(found.len() == 3 && found[2].starts_with("! ROOT/c.json:2:15: broken JSON: EOF"), "{found:?}");
        let found = ids(Sources::new([path]).columns(Columns::new(["text=story"]).unwrap()), path);
        assert_eq!(found[2], "ROOT/b.json:1");
    }

    #[test]
    fn columns_that_no_file_has_are_told_in_the_end() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::write(path.join("a.jsonl"), "{\"text\": \"One.\"}\n").unwrap();
        fs::write(path.join("b.csv"), "story,text\nTwo.,Three.\n").unwrap();
        let columns = |names: &[&str]| Sources::new([path]).columns(Columns::new(names).unwrap());
        let mut sources = columns(&["text=story"]);
        assert!(sources.by_ref().all(|a| a.is_ok()) && sources.remarks().is_empty());
        let mut sources = columns(&["text=body", "author=who"]);
        assert!(sources.by_ref().all(|a| a.is_ok()));
        assert_eq!(sources.remarks(), ["no file has a column \"body\", \"who\", as --columns asks for"]);
        let mut sources = Sources::new([path.join("a.jsonl")]).columns(Columns::new(["text=body"]).unwrap());
        assert_eq!(sources.by_ref().filter(|a| a.is_err()).count(), 1);
        assert!(sources.remarks().is_empty(), "said already");
    }

    #[cfg(feature = "docx")]
    #[test]
    fn archives_without_an_ending_are_read_where_they_are_documents() {
        use super::super::zipped::tests::archive;
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        let document = b"<w:document xmlns:w=\"w\"><w:p><w:r><w:t>The ferry stayed.</w:t></w:r></w:p></w:document>";
        fs::write(path.join("a"), archive(&[("word/document.xml", document)])).unwrap();
        fs::write(path.join("b"), archive(&[("sword/a.txt", b"x")])).unwrap();
        assert_eq!(ids(Sources::new([path]), path), ["ROOT/a"]);
        let found = ids(Sources::new([path.join("b")]), path);
        assert!(found[0].starts_with("! ROOT/b: this is a ZIP archive of 1 member (\"sword/a.txt\")"), "{found:?}");
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
