//! An article in the making, for formats whose text is extracted and not the file itself.

use super::{Article, Block, Kind, Meta, classify, is_space};
use crate::error::{Error, Result};
use std::path::Path;

/// Text and blocks so far. Blocks stand apart by a blank line, so that every span can be shown again from the text alone.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub title: Option<String>,
    pub meta: Meta,
    text: String,
    blocks: Vec<Block>,
}

impl Draft {
    /// A draft without text.
    pub fn about(title: Option<String>, meta: Meta) -> Self {
        Self { title, meta, ..Self::default() }
    }

    /// Bytes of text so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The text of the first block, where there is one.
    pub fn first(&self) -> Option<&str> {
        self.blocks.first().map(|b| &self.text[b.start..b.end])
    }

    /// Adds a block; runs of white space become one space. Where its kind is [`Kind::Sentence`], the words of the block may
    /// tell another (a byline, a caption), and a dateline is set apart. Text without a letter or digit is no block.
    pub fn push(&mut self, kind: Kind, raw: &str) {
        if !raw.contains(char::is_alphanumeric) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let start = self.text.len();
        // White space of the source, not of the writer: a non-breaking space stays.
        for word in raw.split(|c: char| c.is_ascii_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
            if self.text.len() > start {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
        let whole = &self.text[start..];
        let front = whole.len() - whole.trim_start_matches(is_space).len();
        let (start, end) = (start + front, self.text.len() - (whole.len() - whole.trim_end_matches(is_space).len()));
        classify::add(&self.text, start, end, kind, &mut self.blocks);
    }

    /// The article, or an error if nothing was found in it.
    pub fn finish(self, id: &str, path: Option<&Path>) -> Result<Article> {
        if self.blocks.is_empty() {
            return Err(Error::new("no text was found in it").at(id).expected("an article"));
        }
        let Self { title, meta, text, blocks } = self;
        let title = title.map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty());
        let title = title.or_else(|| {
            let heading = blocks.iter().find(|b| b.kind == Kind::Heading);
            heading.and_then(|b| text.get(b.start..b.end)).map(str::to_owned)
        });
        Ok(Article { id: id.to_owned(), path: path.map(Path::to_path_buf), text, title, meta: meta.tidy(), blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_slice_the_text_and_stand_apart() {
        let mut draft = Draft::default();
        draft.push(Kind::Heading, "  Ice\n  early ");
        draft.push(Kind::Sentence, "Oslo (CNN)The\tferry\u{a0}stayed.");
        draft.push(Kind::Sentence, " — ");
        draft.push(Kind::Sentence, "By Ada Roe");
        let article = draft.finish("a", None).unwrap();
        assert_eq!(
            article.text,
            "Ice early\n\nOslo (CNN)The ferry\u{a0}stayed.\n\nBy Ada Roe".replace("The\tferry", "The ferry")
        );
        let blocks: Vec<_> = article.blocks.iter().map(|b| (&article.text[b.start..b.end], b.kind)).collect();
        assert_eq!(
            blocks,
            [
                ("Ice early", Kind::Heading),
                ("Oslo (CNN)", Kind::Byline),
                ("The ferry\u{a0}stayed.", Kind::Sentence),
                ("By Ada Roe", Kind::Byline)
            ]
        );
        assert_eq!(article.title.as_deref(), Some("Ice early"));
    }

    #[test]
    fn nothing_is_an_error() {
        assert!(Draft::default().finish("a.html", None).unwrap_err().to_string().starts_with("a.html: no text"));
    }
}
