//! Articles as rows: JSONL and CSV with named columns, streaming. A bad row is an error of its own, and reading goes on.
//!
//! The text of a row is its cell, byte for byte, read as plain text; where there is no text but HTML, the article is
//! extracted from it. A row may be as large as an article; a larger JSONL line is skipped, a larger CSV record ends the
//! reading, for where the next one begins cannot be known.

use super::meta::{Field, field};
use super::open::{Articles, HEAD, Origin, Settings, cannot_read, too_large};
use super::unpack::{self, Stream};
use super::{Article, Meta, decode, text};
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which column holds what, where the usual names do not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<(Field, String)>);

impl Columns {
    /// From `field=column`, as in `text=body`.
    ///
    /// ```
    /// use stancekit::article::Columns;
    ///
    /// assert!(Columns::new(["text=story", "title=head line"]).is_ok());
    /// assert!(Columns::new(["colour=story"]).is_err());
    /// ```
    pub fn new(pairs: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let mut columns = Vec::new();
        for pair in pairs {
            let pair = pair.as_ref();
            let own = Field::ALL.map(|f| f.names()[0]);
            let parts = pair.split_once('=').map(|(f, c)| (own.iter().position(|n| *n == f.trim()), c.trim()));
            match parts {
                Some((Some(i), column)) if !column.is_empty() => columns.push((Field::ALL[i], column.to_owned())),
                _ => {
                    return Err(Error::new(format!("columns {pair:?}"))
                        .expected(format!("FIELD=COLUMN with a field of {}", own.join(", "))));
                }
            }
        }
        Ok(Self(columns))
    }

    /// The value of a field, by the column named for it, else by the first of the usual names.
    fn get<'a>(&self, wanted: Field, value: &dyn Fn(&str) -> Option<&'a str>, names: &[String]) -> Option<&'a str> {
        let present = |name: &str| value(name).filter(|v| !v.trim().is_empty());
        let mut named = self.0.iter().filter(|(f, _)| *f == wanted);
        if let Some(found) = named.find_map(|(_, column)| present(column)) {
            return Some(found);
        }
        let rank = |name: &&String| {
            let one = wanted.names().iter().position(|n| field(name) == Some(wanted) && squash(name) == *n);
            one.unwrap_or(usize::MAX)
        };
        let mut candidates: Vec<&String> = names.iter().filter(|n| field(n) == Some(wanted)).collect();
        candidates.sort_by_key(rank);
        candidates.into_iter().find_map(|name| present(name))
    }

    /// Whether a header has a column of text or HTML.
    fn has_text(&self, names: &[String]) -> bool {
        let text = |f: Option<Field>| matches!(f, Some(Field::Text | Field::Html));
        names.iter().any(|n| text(field(n)) || self.0.iter().any(|(f, column)| text(Some(*f)) && column == n))
    }
}

fn squash(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The article of one row.
fn article(columns: &Columns, names: &[String], cells: &[String], origin: &Origin, line: u64) -> Result<Article> {
    let value = |name: &str| names.iter().position(|n| n == name).and_then(|i| cells.get(i)).map(String::as_str);
    let get = |f: Field| columns.get(f, &value, names);
    let owned = |f: Field| get(f).map(str::to_owned);
    let meta =
        Meta { outlet: owned(Field::Outlet), date: owned(Field::Date), url: owned(Field::Url), author: owned(Field::Author) };
    let id = origin.member(owned(Field::Id), line);
    let mut article = match (get(Field::Text), get(Field::Html)) {
        (Some(text), _) => {
            let (title, blocks) = text::blocks(text);
            if blocks.is_empty() {
                return Err(Error::new("the text of the row holds no word"));
            }
            Article { id, path: origin.path.clone(), text: text.to_owned(), title, meta: Meta::default(), blocks }
        }
        (None, Some(html)) => from_html(html, &Origin { id, path: origin.path.clone() })?,
        (None, None) => {
            return Err(Error::new("the row has no text")
                .expected("a value under text, body, content or html")
                .hint("name the column, as in --columns text=story"));
        }
    };
    // What the row says of its article counts more than what was found in it.
    article.title = owned(Field::Title).map(|t| t.trim().to_owned()).or(article.title);
    let found = std::mem::take(&mut article.meta);
    article.meta = Meta {
        outlet: meta.outlet.or(found.outlet),
        date: meta.date.or(found.date),
        url: meta.url.or(found.url),
        author: meta.author.or(found.author),
    }
    .tidy();
    Ok(article)
}

#[cfg(feature = "html")]
fn from_html(html: &str, origin: &Origin) -> Result<Article> {
    super::html::article(html.as_bytes().to_vec(), None, origin)
}

#[cfg(not(feature = "html"))]
fn from_html(_: &str, _: &Origin) -> Result<Article> {
    Err(Error::new("the row is HTML, which this build cannot read").hint("build it with the feature html"))
}

/// UTF-16 is converted as a whole; anything else is decoded row by row.
fn transcoded(stream: Stream, limit: u64) -> Result<Stream> {
    let (head, whole) = unpack::peek(stream, HEAD).map_err(|e| cannot_read(&e))?;
    if decode::utf16(&head).is_none() {
        return Ok(whole);
    }
    let mut bytes = Vec::new();
    whole.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| cannot_read(&e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit).hint("rows in UTF-16 are read as a whole: convert them to UTF-8"));
    }
    Ok(Box::new(Cursor::new(decode::decode(bytes, None)?.into_bytes())))
}

/// Articles that come to an end with one error.
fn failed(error: Error) -> Articles {
    Box::new(std::iter::once(Err(error)))
}

/// Articles from one JSON object a line.
pub(super) fn jsonl(stream: Stream, origin: Origin, settings: &Settings) -> Articles {
    let limit = settings.limit;
    let mut lines = match transcoded(stream, limit) {
        Ok(stream) => BufReader::new(stream),
        Err(e) => return failed(e.at(&origin.id)),
    };
    let columns = settings.columns.clone();
    let (mut line, mut rows, mut ended) = (0, 0_u64, false);
    let mut buffer = Vec::new();
    Box::new(std::iter::from_fn(move || {
        while !ended {
            line += 1;
            let result = match next_line(&mut lines, &mut buffer, limit) {
                Ok(None) => {
                    ended = true;
                    if rows > 0 {
                        return None;
                    }
                    Err(Error::new("no row in this file"))
                }
                Ok(Some(true)) if buffer.trim_ascii().is_empty() => continue,
                Ok(Some(true)) => object(&buffer).and_then(|(names, cells)| article(&columns, &names, &cells, &origin, line)),
                Ok(Some(false)) => Err(too_large(limit)),
                Err(e) => {
                    ended = true;
                    Err(cannot_read(&e))
                }
            };
            rows += 1;
            return Some(result.map_err(|e| if ended && rows == 1 { e.at(&origin.id) } else { e.at(&origin.id).line(line) }));
        }
        None
    }))
}

/// Reads a line: `None` at the end, `false` if it is longer than the limit and was skipped.
fn next_line(reader: &mut BufReader<Stream>, buffer: &mut Vec<u8>, limit: u64) -> io::Result<Option<bool>> {
    buffer.clear();
    if reader.by_ref().take(limit.saturating_add(1)).read_until(b'\n', buffer)? == 0 {
        return Ok(None);
    }
    if buffer.len() as u64 <= limit || buffer.ends_with(b"\n") {
        return Ok(Some(true));
    }
    buffer.clear();
    loop {
        let bytes = reader.fill_buf()?;
        let (n, found) = match bytes.iter().position(|&b| b == b'\n') {
            Some(at) => (at + 1, true),
            None => (bytes.len(), false),
        };
        reader.consume(n);
        if found || n == 0 {
            return Ok(Some(false));
        }
    }
}

/// Keys and values of a line, values as text.
fn object(line: &[u8]) -> Result<(Vec<String>, Vec<String>)> {
    let text = decode::field(line);
    let row: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| Error::new(format!("not a JSON object: {e}")).expected("one object a line").column(e.column() as u64))?;
    Ok(row.into_iter().map(|(name, value)| (name, plain(value))).unzip())
}

/// A value as text: lists joined with commas (authors), objects by their name.
fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s,
        Value::Array(list) => list.into_iter().map(plain).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(mut object) => object.remove("name").map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// Stops a reader that was asked for more than one record may have.
struct Guard {
    inner: Stream,
    left: Arc<AtomicU64>,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        let allowed = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if allowed == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.inner.read(&mut buffer[..allowed])?;
        self.left.store(left - n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Articles from columns with a header. Where the header has no such separator but semicolons, those separate.
pub(super) fn csv(stream: Stream, origin: Origin, separator: u8, settings: &Settings) -> Articles {
    let limit = settings.limit;
    let opened = transcoded(stream, limit).and_then(|s| unpack::peek(s, HEAD).map_err(|e| cannot_read(&e)));
    let (head, inner) = match opened {
        Ok(opened) => opened,
        Err(e) => return failed(e.at(&origin.id)),
    };
    let header = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let separator = if !header.contains(&separator) && header.contains(&b';') { b';' } else { separator };
    let left = Arc::new(AtomicU64::new(limit));
    let guard = Guard { inner, left: Arc::clone(&left) };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(guard);
    let columns = settings.columns.clone();
    let mut names: Option<Vec<String>> = None;
    let (mut rows, mut ended) = (0_u64, false);
    let mut record = csv::ByteRecord::new();
    Box::new(std::iter::from_fn(move || {
        while !ended {
            left.store(limit, Ordering::Relaxed);
            let read = reader.read_byte_record(&mut record);
            let line = record.position().map_or(0, csv::Position::line);
            let result = match read {
                Ok(true) => {
                    let cells: Vec<String> = record.iter().map(decode::field).collect();
                    match &names {
                        Some(names) => article(&columns, names, &cells, &origin, line),
                        None => match header_of(cells, &columns) {
                            Ok(header) => {
                                names = Some(header);
                                continue;
                            }
                            Err(e) => {
                                ended = true;
                                Err(e)
                            }
                        },
                    }
                }
                Ok(false) => {
                    ended = true;
                    return (rows == 0).then(|| Err(Error::new("no row in this file").at(&origin.id)));
                }
                Err(e) => {
                    ended = true;
                    let line = reader.position().line();
                    Err(match e.into_kind() {
                        csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
                            too_large(limit).hint("a quotation mark that is not closed makes a long record; or raise --max-size")
                        }
                        csv::ErrorKind::Io(e) => cannot_read(&e),
                        other => Error::new(format!("broken CSV: {other:?}")),
                    }
                    .line(line))
                }
            };
            rows += 1;
            return Some(result.map_err(|e| e.at(&origin.id).line(line)));
        }
        None
    }))
}

fn header_of(cells: Vec<String>, columns: &Columns) -> Result<Vec<String>> {
    let names: Vec<String> = cells.iter().map(|c| c.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    if columns.has_text(&names) {
        return Ok(names);
    }
    let shown: Vec<String> = names.iter().take(20).map(|n| format!("{:?}", n.chars().take(40).collect::<String>())).collect();
    Err(Error::new(format!("no column of text among {}", shown.join(", ")))
        .expected("a header with text, body, content or html")
        .hint("name the column, as in --columns text=story"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, csv_separator: Option<u8>, columns: &[&str], limit: u64) -> Vec<Result<Article>> {
        let stream: Stream = Box::new(Cursor::new(text.as_bytes().to_vec()));
        let origin = Origin { id: "f".into(), path: None };
        let settings = Settings { limit, columns: Columns::new(columns).unwrap() };
        match csv_separator {
            Some(s) => csv(stream, origin, s, &settings).collect(),
            None => jsonl(stream, origin, &settings).collect(),
        }
    }

    #[test]
    fn a_row_is_an_article_with_its_metadata() {
        let text = "{\"id\":\"a7\",\"headline\":\"Ice\",\"content\":\"The ferry stayed.\\nIt is late.\",\"publishedAt\":\"2017-05-26T10:00:00Z\",\
            \"authors\":[\"Ada Roe\",\"Bo Lind\"],\"source\":{\"name\":\"Harbour Post\"},\"link\":\"https://example.org/a\"}\n\n\
            {\"body\":\"No ferry left.\"}\n";
        let rows = read(text, None, &[], 1000);
        let first = rows[0].as_ref().unwrap();
        assert_eq!((first.id.as_str(), first.title.as_deref()), ("a7", Some("Ice")));
        assert_eq!(first.text, "The ferry stayed.\nIt is late.", "the cell as it is");
        assert_eq!(first.meta.outlet.as_deref(), Some("Harbour Post"));
        assert_eq!(first.meta.date.as_deref(), Some("2017-05-26"));
        assert_eq!(first.meta.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(first.meta.author.as_deref(), Some("Ada Roe, Bo Lind"));
        assert_eq!(rows[1].as_ref().unwrap().id, "f:3", "named by its line");
    }

    #[test]
    fn bad_rows_are_errors_with_their_line_and_the_rest_goes_on() {
        let text =
            format!("{{\"text\":1\n[]\n{{\"x\":\"y\"}}\n{{\"text\":\"{}\"}}\n{{\"text\":\"It is late.\"}}", "x".repeat(200));
        let rows = read(&text, None, &[], 100);
        let errors: Vec<String> = rows.iter().filter_map(|r| r.as_ref().err()).map(ToString::to_string).collect();
        assert_eq!(rows.len(), 5);
        assert!(errors[0].starts_with("f:1:") && errors[0].contains("JSON"), "{}", errors[0]);
        assert!(errors[1].starts_with("f:2:"), "{}", errors[1]);
        assert!(errors[2].starts_with("f:3: the row has no text") && errors[2].contains("--columns"), "{}", errors[2]);
        assert!(errors[3].starts_with("f:4: the article is larger than 100 bytes"), "{}", errors[3]);
        assert_eq!(rows[4].as_ref().unwrap().text, "It is late.");
    }

    #[test]
    fn csv_has_named_columns_and_its_own_separator() {
        let text = "Headline;story;Author\r\n\"Ice; early\";\"The ferry stayed.\nIt is late.\";Ada Roe\r\n";
        let rows = read(text, Some(b','), &["text=story"], 1000);
        let a = rows[0].as_ref().unwrap();
        assert_eq!((a.title.as_deref(), a.text.as_str()), (Some("Ice; early"), "The ferry stayed.\nIt is late."));
        assert_eq!(a.meta.author.as_deref(), Some("Ada Roe"));
        let error = read(text, Some(b','), &[], 1000).remove(0).unwrap_err().to_string();
        assert!(error.contains("\"story\"") && error.contains("--columns text="), "{error}");
        assert!(read("text\n", Some(b','), &[], 1000)[0].as_ref().unwrap_err().to_string().contains("no row"));
        let open = format!("text\n\"{}", "x".repeat(5000));
        assert!(read(&open, Some(b','), &[], 1000)[0].as_ref().unwrap_err().to_string().contains("larger than 1000 bytes"));
    }

    #[test]
    fn rows_in_other_encodings_are_decoded() {
        let stream = |bytes: Vec<u8>| -> Stream { Box::new(Cursor::new(bytes)) };
        let origin = Origin { id: "f".into(), path: None };
        let utf16: Vec<u8> = "\u{feff}{\"text\":\"Café\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut rows = jsonl(stream(utf16), origin.clone(), &Settings::default());
        assert_eq!(rows.next().unwrap().unwrap().text, "Café");
        let mut rows = csv(stream(b"text\nCaf\xe9 closed.\n".to_vec()), origin, b',', &Settings::default());
        assert_eq!(rows.next().unwrap().unwrap().text, "Café closed.");
    }

    #[test]
    fn the_first_of_the_usual_names_counts() {
        let rows = read("{\"content\":\"Second.\",\"text\":\"First.\",\"body\":\"\"}", None, &[], 1000);
        assert_eq!(rows[0].as_ref().unwrap().text, "First.");
    }
}
