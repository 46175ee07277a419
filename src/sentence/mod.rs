//! Articles to sentences, and whose words they hold.

pub mod holder;
mod list;
mod split;
mod words;

pub use holder::holdings;
pub use split::{Split, split_text};

use crate::article::{Article, Kind, is_space};

/// A span of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Running number in the article, from 0.
    pub index: usize,
    /// Number of its block in the article, from 0.
    pub block: usize,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The kind of the block that it stands in.
    pub kind: Kind,
}

/// The sentences of an article in reading order. A byline is one unit; every other block is split.
pub fn split(article: &Article) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (number, block) in article.blocks.iter().enumerate() {
        let text = &article.text[block.start..block.end];
        let mut add = |start: usize, end: usize| {
            let (start, end) = trim_marks(text, start, end);
            let index = sentences.len();
            let (start, end) = (block.start + start, block.start + end);
            sentences.push(Sentence { index, block: number, start, end, kind: block.kind });
        };
        if block.kind == Kind::Byline {
            add(0, text.len());
        } else {
            split_text(text).for_each(|(start, end)| add(start, end));
        }
    }
    sentences
}

/// Takes emphasis marks (`*`, `_`) off both ends, where no partner of theirs stays inside.
fn trim_marks(text: &str, start: usize, end: usize) -> (usize, usize) {
    let span = &text[start..end];
    let mark = |c: char| matches!(c, '*' | '_');
    let front = span.len() - span.trim_start_matches(mark).trim_start_matches(is_space).len();
    let inner = span[front..].trim_end_matches(mark).trim_end_matches(is_space);
    if inner.len() == span.len() || inner.is_empty() {
        return (start, end);
    }
    // `**Note:** it rains.` keeps its marks: without the first pair the second would hang.
    let hangs = inner.split(mark).filter(|part| !part.is_empty()).count() > 1;
    if hangs { (start, end) } else { (start + front, start + front + inner.len()) }
}

#[cfg(test)]
mod tests;
