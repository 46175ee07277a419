//! Articles to sentences.

use crate::article::Kind;

/// A span of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Running number in the article, from 0.
    pub index: usize,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The kind of the block that it stands in.
    pub kind: Kind,
}
