//! One file to its articles: layers of compression off, format told, the reader of the format called.

use super::format::{Format, Found};
use super::rows::{self, Columns};
use super::unpack::{self, Stream};
use super::{Article, decode, markdown, text};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The articles of a file, lazily where it holds many.
pub(super) type Articles = Box<dyn Iterator<Item = Result<Article>> + Send>;

/// How much of a file is looked at to tell its format.
pub(super) const HEAD: u64 = 16 << 10;

/// Layers of compression that are taken off.
const LAYERS: usize = 3;

/// How files are read.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Bytes that one article may have: packed, unpacked, and as text.
    pub limit: u64,
    /// Names of the columns of rows.
    pub columns: Columns,
    /// Whether the file was named itself, not found in a folder: then it must have every column that was asked for.
    pub by_itself: bool,
    /// The columns that were asked for and in no file so far.
    pub unfound: Arc<Mutex<BTreeSet<String>>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limit: super::DEFAULT_LIMIT, columns: Columns::default(), by_itself: true, unfound: Arc::default() }
    }
}

impl Settings {
    /// Notes which columns there are.
    pub fn find(&self, names: &[String]) {
        lock(&self.unfound).retain(|column| !names.contains(column));
    }

    /// The error of a file without columns that were asked for; nothing more need be said of them.
    pub fn without(&self, absent: &[String], names: &[String]) -> Error {
        self.find(absent);
        Error::new(format!("no column {} among {}", rows::quoted(absent), rows::quoted(names)))
            .expected("the columns that --columns names")
            .hint("names count as they are written, capitals and spaces too")
    }
}

/// The value; a thread that panicked while it held it leaves it as it was.
pub(super) fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a file comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Name in records.
    pub id: String,
    /// `None` for standard input and for bytes in memory.
    pub path: Option<PathBuf>,
}

impl Origin {
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The name of an article among others in the same file: its own, or the file's with its place.
    pub fn member(&self, own: Option<String>, place: u64) -> String {
        own.filter(|own| !own.trim().is_empty()).unwrap_or_else(|| format!("{}:{place}", self.id))
    }
}

/// The articles of one file. What ails the file as a whole is an error here, what ails one of several articles is an item.
pub(super) fn open(stream: Stream, origin: Origin, settings: &Settings) -> Result<Articles> {
    let id = origin.id.clone();
    open_layers(stream, origin, settings).map_err(|e| e.at(id))
}

fn open_layers(mut stream: Stream, origin: Origin, settings: &Settings) -> Result<Articles> {
    for _ in 0..=LAYERS {
        let (head, whole) = unpack::peek(stream, HEAD).map_err(|e| cannot_read(&e))?;
        stream = match unpack::layer(&head, whole, settings.limit) {
            Ok(unpacked) => unpacked,
            Err(plain) => return dispatch(&head, plain, origin, settings),
        };
    }
    Err(Error::new(format!("it is packed more than {LAYERS} times over")))
}

fn dispatch(head: &[u8], stream: Stream, origin: Origin, settings: &Settings) -> Result<Articles> {
    if head.is_empty() {
        return Err(Error::new("the file is empty").expected("an article"));
    }
    let format = match Format::of(origin.path(), head) {
        Found::Is(format) => format,
        Found::Unknown => Format::Text,
        Found::Foreign(what) => return Err(foreign(what)),
    };
    match format {
        Format::Jsonl => return Ok(rows::jsonl(stream, origin, settings)),
        Format::Json => return Ok(rows::json(stream, origin, settings)),
        Format::Csv(separator) => return Ok(rows::csv(stream, origin, separator, settings)),
        #[cfg(feature = "warc")]
        Format::Warc => return Ok(super::warc::articles(stream, origin, settings)),
        _ => {}
    }
    let bytes = whole(stream, settings.limit)?;
    let article = match format {
        #[cfg(feature = "feed")]
        Format::Feed => return super::feed::articles(bytes, origin, settings),
        #[cfg(feature = "html")]
        Format::Html => super::html::article(bytes, None, &origin)?,
        #[cfg(feature = "pdf")]
        Format::Pdf => super::pdf::article(bytes, &origin)?,
        #[cfg(any(feature = "docx", feature = "epub"))]
        Format::Zip | Format::Docx | Format::Epub => super::zipped::article(bytes, &origin, settings)?,
        Format::Text | Format::Markdown => plain(format, bytes, &origin)?,
        #[allow(unreachable_patterns, reason = "with every feature on there is none left")]
        _ => return Err(not_built(format)),
    };
    Ok(Box::new(std::iter::once(Ok(article))))
}

/// The error of a file that holds no article, and what it is.
pub(super) fn foreign(what: &str) -> Error {
    Error::new(format!("this is {what}")).expected("an article")
}

/// The error of a format whose feature is off.
#[allow(dead_code, reason = "with every feature on there is none")]
pub(super) fn not_built(format: Format) -> Error {
    Error::new(format!("this is {format:?}, which this build cannot read"))
        .hint("build it with the feature of that name (docx or epub for Zip): cargo build --release --features NAME")
}

/// Nothing is converted: the text is the file, byte for byte where it is UTF-8.
fn plain(format: Format, bytes: Vec<u8>, origin: &Origin) -> Result<Article> {
    let text = decode::decode(bytes, None)?;
    let mut meta = super::Meta::default();
    let (title, blocks) = if format == Format::Markdown { markdown::blocks(&text, &mut meta) } else { text::blocks(&text) };
    Ok(Article { id: origin.id.clone(), path: origin.path.clone(), text, title, meta: meta.tidy(), blocks })
}

/// All bytes, if they are no more than the limit.
fn whole(stream: Stream, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| cannot_read(&e))?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

pub(super) fn cannot_read(e: &std::io::Error) -> Error {
    Error::new(format!("cannot read it: {e}"))
}

pub(super) fn too_large(limit: u64) -> Error {
    let limit = if limit.is_multiple_of(1 << 20) { format!("{} MiB", limit >> 20) } else { format!("{limit} bytes") };
    Error::new(format!("the article is larger than {limit}"))
        .expected("one article per file, or rows")
        .hint("split the file, or raise --max-size")
}
