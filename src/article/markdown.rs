//! Markdown to blocks, by `pulldown-cmark`'s events and their offsets.

use super::is_space;
use super::{Block, Kind, Meta, classify};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Title and blocks of a Markdown text.
///
/// Code, tables, raw HTML and front matter are in no block: they are not prose. A block's span is contiguous in the file,
/// so marks inside a line (emphasis, the address of a link) stay in it. Front matter gives title, outlet, date, address and
/// author.
pub(super) fn blocks(text: &str, meta: &mut Meta) -> (Option<String>, Vec<Block>) {
    let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut reader = Reader { text, ..Reader::default() };
    for (event, range) in Parser::new_ext(&text[skipped..], options).into_offset_iter() {
        reader.event(&event, range.start + skipped..range.end + skipped);
    }
    reader.close();
    *meta = std::mem::take(&mut reader.meta);
    let heading = reader.blocks.iter().find(|b| b.kind == Kind::Heading).map(|b| text[b.start..b.end].to_owned());
    (heading.or(reader.front_title), reader.blocks)
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    blocks: Vec<Block>,
    /// The span of the text read since the last block ended, and whether all of it is a picture's description.
    open: Option<(Range<usize>, bool)>,
    /// How deep in each kind of container.
    heading: usize,
    quotation: usize,
    item: usize,
    /// In what is not prose: code, tables, raw HTML, front matter.
    silent: usize,
    image: usize,
    metadata: bool,
    front_title: Option<String>,
    meta: Meta,
}

impl Reader<'_> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => match tag {
                Tag::MetadataBlock(_) => {
                    self.close();
                    self.silent += 1;
                    self.metadata = true;
                }
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Table(_) => {
                    self.close();
                    self.silent += 1;
                }
                Tag::Heading { .. } => {
                    self.close();
                    self.heading += 1;
                }
                Tag::BlockQuote(_) => {
                    self.close();
                    self.quotation += 1;
                }
                Tag::Item => {
                    self.close();
                    self.item += 1;
                }
                Tag::Paragraph | Tag::List(_) => self.close(),
                Tag::Image { .. } => self.image += 1,
                // A link whose text begins or ends a block brings its address with it, or a bracket would hang.
                Tag::Link { .. } if self.silent == 0 && self.image == 0 => self.extend(range),
                _ => {}
            },
            Event::End(tag) => match tag {
                TagEnd::MetadataBlock(_) => {
                    self.silent = self.silent.saturating_sub(1);
                    self.metadata = false;
                }
                TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::Table => self.silent = self.silent.saturating_sub(1),
                TagEnd::Heading(_) => {
                    self.close();
                    self.heading = self.heading.saturating_sub(1);
                }
                TagEnd::BlockQuote(_) => {
                    self.close();
                    self.quotation = self.quotation.saturating_sub(1);
                }
                TagEnd::Item => {
                    self.close();
                    self.item = self.item.saturating_sub(1);
                }
                TagEnd::Paragraph | TagEnd::List(_) => self.close(),
                TagEnd::Image => self.image = self.image.saturating_sub(1),
                _ => {}
            },
            Event::Text(_) if self.metadata => self.front_matter(range),
            Event::Text(_) | Event::Code(_) if self.silent == 0 => self.extend(range),
            Event::HardBreak | Event::Rule => self.close(),
            _ => {}
        }
    }

    fn extend(&mut self, range: Range<usize>) {
        let picture = self.image > 0;
        match &mut self.open {
            Some((open, all_picture)) if *all_picture == picture => {
                open.start = open.start.min(range.start);
                open.end = open.end.max(range.end);
            }
            // A picture among text is a block of its own.
            _ => {
                self.close();
                self.open = Some((range, picture));
            }
        }
    }

    fn close(&mut self) {
        let Some((range, picture)) = self.open.take() else { return };
        let raw = &self.text[range.start..range.end];
        let trimmed = raw.trim_start_matches(is_space);
        let start = range.end - trimmed.len();
        let end = start + trimmed.trim_end_matches(is_space).len();
        let (start, end) = unlink(self.text, start, end);
        let last = self.blocks.last().map_or(0, |b| b.end);
        if start < last || !self.text[start..end].contains(char::is_alphanumeric) {
            return;
        }
        let kind = if picture {
            Kind::Caption
        } else if self.heading > 0 {
            Kind::Heading
        } else if self.quotation > 0 {
            Kind::Quotation
        } else if self.item > 0 {
            Kind::Item
        } else {
            Kind::Sentence
        };
        classify::add(self.text, start, end, kind, &mut self.blocks);
    }

    /// Takes title and metadata out of front matter: `key: value`, a line each.
    fn front_matter(&mut self, range: Range<usize>) {
        for (key, value) in self.text[range].lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim().trim_matches(['"', '\'']);
            if value.is_empty() || key.starts_with(char::is_whitespace) {
                continue;
            }
            if key.trim() == "title" {
                self.front_title.get_or_insert_with(|| value.to_owned());
            } else {
                self.meta.set(key, value);
            }
        }
    }
}

/// A block that is one link and nothing else, cut to the text of the link.
fn unlink(text: &str, start: usize, end: usize) -> (usize, usize) {
    let span = &text[start..end];
    let Some(inner) = span.strip_prefix('[') else { return (start, end) };
    match inner.find(']') {
        Some(n) if inner[n..].starts_with("](") && inner[n..].find(')') == Some(inner.len() - n - 1) => {
            (start + 1, start + 1 + n)
        }
        _ => (start, end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, Kind)> {
        blocks(text, &mut Meta::default()).1.iter().map(|b| (&text[b.start..b.end], b.kind)).collect()
    }

    #[test]
    fn headings_items_quotations_and_paragraphs() {
        let text = "# Ice *early*\n\nThe ferry\nstayed.\n\n- one ferry\n- two\n\n  boats\n\n> We wait,\n> he said.\n\nCold spring\n===\n";
        assert_eq!(
            read(text),
            [
                ("Ice *early", Kind::Heading),
                ("The ferry\nstayed.", Kind::Sentence),
                ("one ferry", Kind::Item),
                ("two", Kind::Item),
                ("boats", Kind::Item),
                ("We wait,\n> he said.", Kind::Quotation),
                ("Cold spring", Kind::Heading),
            ]
        );
    }

    #[test]
    fn what_is_not_prose_is_in_no_block() {
        let text = "---\ntitle: \"Ice\"\n---\n\nThe ferry stayed.\n\n```\nlet x = 1;\n```\n\n    code\n\n<div>raw</div>\n\n| a | b |\n|---|---|\n| c | d |\n";
        assert_eq!(read(text), [("The ferry stayed.", Kind::Sentence)]);
        let mut meta = Meta::default();
        let front = text.replace("---\n\n", "author: Ada Roe\ndate: 2017-05-26\nsource: Harbour Post\n---\n\n");
        assert_eq!(blocks(&front, &mut meta).0.as_deref(), Some("Ice"));
        let told = [&meta.author, &meta.date, &meta.outlet].map(|v| v.as_deref().unwrap_or_default());
        assert_eq!(told, ["Ada Roe", "2017-05-26", "Harbour Post"]);
    }

    #[test]
    fn links_keep_their_address_inside_a_sentence_and_lose_it_where_they_are_all() {
        assert_eq!(
            read("See [the chart](https://example.org/a?b=C) now.")[0].0,
            "See [the chart](https://example.org/a?b=C) now."
        );
        assert_eq!(read("[The chart of ice](https://example.org)")[0].0, "The chart of ice");
    }

    #[test]
    fn a_picture_is_a_caption() {
        assert_eq!(read("![A ferry in the ice](ferry.png)"), [("A ferry in the ice", Kind::Caption)]);
    }

    #[test]
    fn a_hard_break_ends_a_block() {
        assert_eq!(read("One line  \nAnother line").len(), 2);
    }

    #[test]
    fn offsets_count_the_byte_order_mark() {
        let text = "\u{feff}# Ice\n";
        assert_eq!(read(text), [("Ice", Kind::Heading)]);
    }
}
