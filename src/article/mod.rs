//! Bytes to articles.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

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
