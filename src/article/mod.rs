//! Bytes to articles: one file per format, the checks that all formats share, and the walk over files and folders.
//!
//! `sources.rs` finds files, `unpack.rs` takes compression off, `format.rs` tells the format, `open.rs` calls its reader.
//! Readers of formats whose text is extracted build a `Draft`. What foreign crates parse runs under `guard.rs`, behind checks
//! (`nesting.rs`, `zipped.rs`) that bound what it can become.

mod classify;
mod decode;
#[cfg(feature = "docx")]
mod docx;
mod draft;
#[cfg(feature = "epub")]
mod epub;
#[cfg(feature = "feed")]
mod feed;
mod format;
mod guard;
#[cfg(feature = "html")]
mod html;
mod json;
mod markdown;
mod meta;
#[cfg(feature = "html")]
mod nesting;
mod open;
#[cfg(feature = "pdf")]
mod pdf;
mod rows;
mod sources;
mod text;
mod unpack;
#[cfg(feature = "warc")]
mod warc;
#[cfg(any(feature = "docx", feature = "epub"))]
mod zipped;

pub use guard::READER_THREAD;
pub use meta::Meta;
pub use rows::Columns;
pub use sources::{DEFAULT_LIMIT, Sources};

use crate::error::{Error, Result};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Reads the article in the bytes of a file. The format is told by the content, then by the ending of the name; plain text
/// is the default. Of a file that holds several articles (rows, a feed, a web archive) the first is given.
///
/// Plain text and Markdown are not converted: `text` is the file, byte for byte (a byte order mark and CRLF too) where it is
/// in UTF-8, so that offsets are offsets into the file. Of every other format `text` is what was extracted.
pub fn read_bytes(id: impl Into<String>, path: Option<&Path>, bytes: Vec<u8>) -> Result<Article> {
    let id = id.into();
    let first = read_all(id.clone(), path, bytes, DEFAULT_LIMIT)?.next();
    first.unwrap_or_else(|| Err(Error::new("no article in it").at(id)))
}

/// As [`read_bytes`], with every article of the file, none larger than `limit` bytes. What ails the whole file is the error,
/// what ails one of several articles is an item.
pub fn read_all(
    id: impl Into<String>,
    path: Option<&Path>,
    bytes: Vec<u8>,
    limit: u64,
) -> Result<impl Iterator<Item = Result<Article>> + Send> {
    let origin = open::Origin { id: id.into(), path: path.map(Path::to_path_buf) };
    open::open(Box::new(std::io::Cursor::new(bytes)), origin, &open::Settings { limit, ..open::Settings::default() })
}

/// White space and what looks like it: zero-width signs and the byte order mark too.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// One document as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Name in records: the path as given (below a walked folder: with the folder's path), or `-` for standard input.
    pub id: String,
    /// Where it was read from; `None` for standard input and for text made in memory.
    pub path: Option<PathBuf>,
    /// The whole text. For plain text and Markdown it is the file, byte for byte, so that offsets are offsets into the file;
    /// for other formats it is the text as extracted, its blocks parted by blank lines.
    pub text: String,
    /// Headline, where the document names one.
    pub title: Option<String>,
    /// Outlet, date, address and author, where the document tells them.
    pub meta: Meta,
    /// Blocks in reading order; they do not overlap, and their spans are trimmed of white space and of list bullets.
    pub blocks: Vec<Block>,
}

/// A span of an article that was set apart by its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First byte in [`Article::text`].
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a block is; a sentence has the kind of its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Running text.
    Sentence,
    /// Title or sub-heading.
    Heading,
    /// Item of a list.
    Item,
    /// Caption of a picture or a film.
    Caption,
    /// Author line or dateline.
    Byline,
    /// Newsletter lines, credits, "read more", cookie text.
    Boilerplate,
    /// Text set apart as a quotation.
    Quotation,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Sentence, Self::Heading, Self::Item, Self::Caption, Self::Byline, Self::Boilerplate, Self::Quotation];

    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sentence => "sentence",
            Self::Heading => "heading",
            Self::Item => "item",
            Self::Caption => "caption",
            Self::Byline => "byline",
            Self::Boilerplate => "boilerplate",
            Self::Quotation => "quotation",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
