// What must hold whatever the bytes are: shared by the fuzz targets and by tests/read_hostile.rs.

use stancekit::article::{self, Article};
use stancekit::sentence;
use std::path::Path;

/// The targets, each with a name by which the reader of its format is chosen.
#[allow(dead_code, reason = "a fuzz target knows its own name")]
pub const TARGETS: [(&str, &str); 13] = [
    ("text", "a.txt"),
    ("markdown", "a.md"),
    ("html", "a.html"),
    ("json", "a.json"),
    ("jsonl", "a.jsonl"),
    ("csv", "a.csv"),
    ("pdf", "a.pdf"),
    ("docx", "a.docx"),
    ("epub", "a.epub"),
    ("feed", "a.rss"),
    ("warc", "a.warc"),
    ("packed", "a.gz"),
    ("split", ""),
];

/// Bytes that an article may have: small, so that what should be refused is refused soon.
pub const LIMIT: u64 = 1 << 20;

/// Reads bytes as a format and checks all that comes of it.
pub fn read(target: &str, data: &[u8]) {
    let name = TARGETS.iter().find(|(t, _)| *t == target).map_or("", |(_, name)| name);
    if name.is_empty() {
        let text = String::from_utf8_lossy(data);
        spans(&text, sentence::split_text(&text));
        return;
    }
    // An error is an answer; a panic, a wrong span or no end is none.
    let Ok(articles) = article::read_all(name, Some(Path::new(name)), data.to_vec(), LIMIT) else { return };
    for article in articles.flatten() {
        check(&article);
    }
}

fn check(article: &Article) {
    spans(&article.text, article.blocks.iter().map(|b| (b.start, b.end)));
    let sentences = sentence::split(article);
    spans(&article.text, sentences.iter().map(|s| (s.start, s.end)));
}

/// Spans slice the text, in order, none empty.
fn spans(text: &str, spans: impl Iterator<Item = (usize, usize)>) {
    let mut last = 0;
    for (start, end) in spans {
        assert!(last <= start && start < end, "span {start}..{end} after {last}");
        assert!(text.get(start..end).is_some(), "span {start}..{end} does not slice the text");
        last = end;
    }
}
