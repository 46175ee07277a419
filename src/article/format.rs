//! Which format a file has: by its first bytes, then by its name.

use super::meta::{Field, field};
use super::rows::Columns;
use crate::records;
use std::path::Path;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Markdown,
    Html,
    Json,
    Jsonl,
    /// Columns with this separator.
    Csv(u8),
    Pdf,
    /// DOCX, EPUB, or neither: told by the members of the archive, which the first bytes do not show.
    Zip,
    Docx,
    Epub,
    Feed,
    Warc,
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Something that can be read.
    Is(Format),
    /// Something known that cannot be read, by its name.
    Foreign(&'static str),
    /// Nothing known: text, perhaps.
    Unknown,
}

/// The first bytes of what is often handed over by mistake.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file; save it as DOCX"),
    (b"{\\rtf", "an RTF file; save it as DOCX or text"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BZh", "bzip2-compressed data; unpack it"),
    (b"\xfd7zXZ\0", "xz-compressed data; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file; export it as JSONL or CSV"),
];

impl Format {
    /// The format that the ending of a name stands for, endings of compression taken off.
    pub fn by_name(path: &Path) -> Option<Self> {
        let mut path = path;
        while let Some("gz" | "gzip" | "zst" | "zstd") = ending(path).as_deref() {
            path = Path::new(path.file_stem()?);
        }
        Some(match ending(path)?.as_str() {
            "txt" | "text" => Self::Text,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::Jsonl,
            "csv" => Self::Csv(b','),
            "tsv" => Self::Csv(b'\t'),
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "epub" => Self::Epub,
            "rss" | "atom" => Self::Feed,
            "warc" => Self::Warc,
            _ => return None,
        })
    }

    /// What the first bytes of a file prove it to be.
    pub fn by_content(head: &[u8]) -> Found {
        if head.starts_with(b"PK\x03\x04") {
            return Found::Is(Self::Zip);
        }
        if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Found::Foreign(name);
        }
        // Some programs write a line or two before the signature of a PDF.
        if head[..head.len().min(1024)].windows(5).any(|w| w == b"%PDF-") {
            return Found::Is(Self::Pdf);
        }
        if head.starts_with(b"WARC/") {
            return Found::Is(Self::Warc);
        }
        markup(head).map_or(Found::Unknown, Found::Is)
    }

    /// Content first, then name; where neither tells, the looks of the first line.
    pub fn of(path: Option<&Path>, head: &[u8]) -> Found {
        let named = path.and_then(Self::by_name);
        match (Self::by_content(head), named) {
            // Markdown may hold HTML from its first line on.
            (Found::Is(Self::Html), Some(Self::Markdown)) => Found::Is(Self::Markdown),
            // The one ending for text of all sorts, and no ending, tell as little.
            (Found::Unknown, Some(Self::Text)) => Found::Is(rows(head).unwrap_or(Self::Text)),
            (Found::Unknown, Some(named @ (Self::Json | Self::Jsonl))) => Found::Is(json(&text(head)).unwrap_or(named)),
            (Found::Unknown, Some(format)) => Found::Is(format),
            (Found::Unknown, None) => rows(head).map_or(Found::Unknown, Found::Is),
            (found, _) => found,
        }
    }
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// The head as text, whatever its encoding, as far as letters without accents go.
fn text(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    // UTF-16 has a zero in every other byte.
    text.chars().filter(|&c| c != '\0' && c != '\u{fffd}').collect()
}

/// HTML and feeds, by their first tags.
fn markup(head: &[u8]) -> Option<Format> {
    let text = text(head).to_ascii_lowercase();
    let mut rest = text.trim_start();
    loop {
        // What may come before the first element.
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            break;
        };
        rest = rest[rest.find(end)? + end.len()..].trim_start();
    }
    let tag = |name: &str| {
        rest.strip_prefix(name).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')))
    };
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|t| tag(t)) {
        Some(Format::Html)
    } else if tag("<rss") || tag("<rdf:rdf") || tag("<feed") {
        Some(Format::Feed)
    } else {
        None
    }
}

/// Rows: JSON, or a header with a column of text.
fn rows(head: &[u8]) -> Option<Format> {
    let text = text(head);
    if let Some(format) = json(&text) {
        return Some(format);
    }
    let line = text.split(['\n', '\r']).next()?.trim();
    let separator = records::separator(line.as_bytes(), b',');
    let cells: Vec<&str> = line.split(char::from(separator)).map(|c| c.trim().trim_matches('"')).collect();
    let header = cells.len() > 1 && cells.iter().all(|c| !c.is_empty() && c.len() <= 30 && c.split(' ').count() <= 3);
    let wanted = |name: &&str| matches!(field(name), Some(Field::Text | Field::Html));
    (header && cells.iter().any(wanted)).then_some(Format::Csv(separator))
}

/// JSON, by an object with a key at its start or in a list. Where a line is an object, or the next one begins another, it is
/// JSONL, of which a broken line costs no other.
fn json(text: &str) -> Option<Format> {
    let text = text.trim_start();
    let list = text.strip_prefix('[').map(str::trim_start);
    let object = list.unwrap_or(text).strip_prefix('{')?.trim_start();
    if !object.starts_with('"') || keys(object).next().is_none() {
        return None;
    }
    let (line, more) = text.split_once('\n').unwrap_or((text, ""));
    let mut values = serde_json::Deserializer::from_str(line).into_iter::<serde::de::IgnoredAny>();
    let first = values.next();
    let lines = match first {
        _ if list.is_some() => false,
        Some(Ok(_)) => line[values.byte_offset()..].trim().is_empty(),
        _ => more.trim_start().is_empty() || more.trim_start().starts_with('{'),
    };
    Some(if lines { Format::Jsonl } else { Format::Json })
}

/// The keys of JSON at any depth: strings with a colon behind them.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let string = &rest[rest.find('"')? + 1..];
            let mut escaped = false;
            let end = string.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            rest = &string[end + 1..];
            if rest.trim_start().starts_with(':') {
                return Some(&string[..end]);
            }
        }
    })
}

/// Whether JSON, as far as its head shows, is of articles.
pub(super) fn has_text(head: &[u8], columns: &Columns) -> bool {
    let text = text(head);
    columns.has_text(&keys(&text).map(str::to_owned).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, head: &[u8]) -> Found {
        Format::of(Some(Path::new(name)), head)
    }

    #[test]
    fn names_tell_where_the_content_does_not() {
        for (name, format) in [
            ("a.TXT", Format::Text),
            ("a.md", Format::Markdown),
            ("a.csv.gz", Format::Csv(b',')),
            ("a.jsonl.zst", Format::Jsonl),
            ("a.htm", Format::Html),
        ] {
            assert_eq!(of(name, b"The ferry stayed."), Found::Is(format), "{name}");
        }
        assert_eq!(of("a", b"The ferry stayed."), Found::Unknown);
        assert_eq!(of(".gz", b"The ferry stayed."), Found::Unknown);
    }

    #[test]
    fn content_overrules_the_name() {
        for (head, format) in [
            (&b"%PDF-1.7"[..], Format::Pdf),
            (b"<!-- x -->\n<!DOCTYPE html><html>", Format::Html),
            (b"\xef\xbb\xbf<HTML lang=en>", Format::Html),
            (b"<?xml version=\"1.0\"?>\n<rss version=\"2.0\">", Format::Feed),
            (b"<?xml version=\"1.0\"?><feed xmlns=\"x\">", Format::Feed),
            (b"WARC/1.0\r\n", Format::Warc),
            (b"PK\x03\x04....", Format::Zip),
        ] {
            assert_eq!(of("a.txt", head), Found::Is(format));
        }
        assert_eq!(of("a.md", b"<html>"), Found::Is(Format::Markdown));
        assert!(matches!(of("a.txt", b"\x89PNG\r\n"), Found::Foreign(_)));
    }

    #[test]
    fn rows_without_a_name_are_told_by_their_first_line() {
        let of = |head: &[u8]| Format::of(None, head);
        assert_eq!(of(b"{\"id\":1,\"text\":\"The ferry"), Found::Is(Format::Jsonl));
        assert_eq!(of(b"id,headline,body\n1,Ice,The ferry stayed.\n"), Found::Is(Format::Csv(b',')));
        assert_eq!(of(b"date\ttext\n"), Found::Is(Format::Csv(b'\t')));
        assert_eq!(of(b"date;text\n"), Found::Is(Format::Csv(b';')));
        assert_eq!(of(b"The ferry stayed, he said, in the text.\n"), Found::Unknown);
        assert_eq!(of(b"{a brace}"), Found::Unknown);
    }

    #[test]
    fn json_is_told_from_lines_of_it() {
        for (head, format) in [
            ("[{\"text\": \"One.\"}]", Format::Json),
            ("\u{feff}\n[\n  {\n    \"story\" : 5", Format::Json),
            ("{\n  \"text\": \"One.\"\n}\n", Format::Json),
            ("{ \"id\": 5,\n  \"text\": \"One.\"\n}\n", Format::Json),
            ("{\"text\": \"One.\"} {\"text\": \"Two.\"}", Format::Json),
            ("{\"text\": \"One.\"}\n{", Format::Jsonl),
            ("{\"text\": \"One}\n{\"text\"", Format::Jsonl),
            ("{\"text\": \"One. The end is not", Format::Jsonl),
        ] {
            let utf16: Vec<u8> = head.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for name in [None, Some("a.txt"), Some("a.json"), Some("a.jsonl"), Some("a")] {
                assert_eq!(Format::of(name.map(Path::new), head.as_bytes()), Found::Is(format), "{head} {name:?}");
                assert_eq!(Format::of(name.map(Path::new), &utf16), Found::Is(format), "{head} {name:?}");
            }
        }
        for prose in ["[1] The ferry stayed.", "[{ A brace. \"No\": he said.", "{\"No,\" he said.}"] {
            assert_eq!(of("a.txt", prose.as_bytes()), Found::Is(Format::Text), "{prose}");
            assert_eq!(of("a.json", prose.as_bytes()), Found::Is(Format::Json), "{prose}");
        }
    }

    #[test]
    fn keys_are_strings_with_a_colon() {
        let found: Vec<&str> = keys("{\"a\\\"b\" : [\"text\", \"x: y\"], \"c\":{\"d\"").collect();
        assert_eq!(found, ["a\\\"b", "c"]);
    }
}
