//! Bytes to articles: one file per format, the checks that all formats share, and the walk over files and folders.

mod classify;
mod decode;
mod markdown;
mod sources;
mod text;

pub use sources::{DEFAULT_LIMIT, Sources, read_from};

use crate::error::Result;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Reads one article from the bytes of a file; the file's ending chooses the format, and plain text is the default.
///
/// Nothing is converted: for plain text and Markdown `text` is the file, byte for byte (a byte order mark and CRLF too), so
/// that offsets are offsets into the file.
pub fn read_bytes(id: impl Into<String>, path: Option<&Path>, bytes: Vec<u8>) -> Result<Article> {
    let id = id.into();
    let text = decode::decode(bytes).map_err(|e| e.at(&id))?;
    let format = path.map_or(Format::Text, Format::of);
    let (title, blocks) = format.blocks(&text);
    Ok(Article { id, path: path.map(Path::to_path_buf), text, title, blocks })
}

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Markdown,
}

impl Format {
    /// The format that a file's ending names; `None` for other files.
    fn known(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" | "text" => Some(Self::Text),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }

    fn of(path: &Path) -> Self {
        Self::known(path).unwrap_or(Self::Text)
    }

    /// Title and blocks.
    fn blocks(self, text: &str) -> (Option<String>, Vec<Block>) {
        match self {
            Self::Text => text::blocks(text),
            Self::Markdown => markdown::blocks(text),
        }
    }
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
    /// The whole text. For plain text and Markdown it is the file, byte for byte, so that offsets are offsets into the file.
    pub text: String,
    /// Headline, where the document names one.
    pub title: Option<String>,
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
