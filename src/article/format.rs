//! Which format a file has: by its first bytes, then by its name.

use super::meta::{Field, field};
use std::path::Path;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Markdown,
    Html,
    Jsonl,
    /// Columns with this separator.
    Csv(u8),
    Pdf,
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
            return zip(head);
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
            (Found::Unknown, Some(format)) => Found::Is(format),
            (Found::Unknown, None) => rows(head).map_or(Found::Unknown, Found::Is),
            (found, _) => found,
        }
    }
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// DOCX and EPUB among the ZIP archives, by the names of their members, which stand in the head as they are.
fn zip(head: &[u8]) -> Found {
    let has = |name: &[u8]| head.windows(name.len()).any(|w| w == name);
    if has(b"application/epub+zip") || has(b"META-INF/container.xml") {
        Found::Is(Format::Epub)
    } else if has(b"word/") || has(b"[Content_Types].xml") && !has(b"xl/") && !has(b"ppt/") {
        Found::Is(Format::Docx)
    } else if has(b"xl/") {
        Found::Foreign("a spreadsheet; export it as CSV")
    } else {
        Found::Foreign("a ZIP archive; unpack it and name the folder")
    }
}

/// HTML and feeds, by their first tags.
fn markup(head: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    // UTF-16 has a zero in every other byte.
    let text: String = text.chars().filter(|&c| c != '\0' && c != '\u{fffd}').collect::<String>().to_ascii_lowercase();
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

/// Rows, by a first line that is an object or a header with a column of text.
fn rows(head: &[u8]) -> Option<Format> {
    let line = head.split(|&b| b == b'\n').next()?;
    let line = std::str::from_utf8(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).ok()?.trim();
    let wanted = |name: &str| matches!(field(name), Some(Field::Text | Field::Html));
    if line.starts_with('{') {
        // The line may be longer than the head: a key at its start is enough.
        let keys = line.split("\":").filter_map(|part| part.rsplit('"').next());
        return keys.into_iter().any(wanted).then_some(Format::Jsonl);
    }
    [b',', b'\t'].into_iter().find_map(|separator| {
        let cells: Vec<&str> = line.split(char::from(separator)).map(|c| c.trim().trim_matches('"')).collect();
        let header = cells.len() > 1 && cells.iter().all(|c| !c.is_empty() && c.len() <= 30 && c.split(' ').count() <= 3);
        (header && cells.iter().any(|c| wanted(c))).then_some(Format::Csv(separator))
    })
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
            (b"PK\x03\x04....mimetypeapplication/epub+zip", Format::Epub),
            (b"PK\x03\x04....word/document.xml", Format::Docx),
        ] {
            assert_eq!(of("a.txt", head), Found::Is(format));
        }
        assert_eq!(of("a.md", b"<html>"), Found::Is(Format::Markdown));
        assert!(matches!(of("a.txt", b"\x89PNG\r\n"), Found::Foreign(_)));
        assert!(matches!(of("a.zip", b"PK\x03\x04....a.txt"), Found::Foreign(_)));
    }

    #[test]
    fn rows_without_a_name_are_told_by_their_first_line() {
        let of = |head: &[u8]| Format::of(None, head);
        assert_eq!(of(b"{\"id\":1,\"text\":\"The ferry"), Found::Is(Format::Jsonl));
        assert_eq!(of(b"id,headline,body\n1,Ice,The ferry stayed.\n"), Found::Is(Format::Csv(b',')));
        assert_eq!(of(b"date\ttext\n"), Found::Is(Format::Csv(b'\t')));
        assert_eq!(of(b"The ferry stayed, he said, in the text.\n"), Found::Unknown);
        assert_eq!(of(b"{a brace}"), Found::Unknown);
    }
}
