//! Articles as rows: JSON, JSONL and CSV with named columns, streaming. A bad row is an error of its own, and reading goes on,
//! unless it is JSON whose brackets do not match, for where the next object begins cannot be known then.
//!
//! The text of a row is its cell, byte for byte, read as plain text; where there is no text but HTML, the article is
//! extracted from it. A row may be as large as an article; a larger one is an error, and skipped.

use super::json::{Piece, Pieces};
use super::meta::{Field, field};
use super::open::{Articles, HEAD, Origin, Settings, cannot_read, too_large};
use super::unpack::{self, Stream};
use super::{Article, Meta, decode, text};
use crate::error::{Error, Result};
use crate::records::{self, Cells, Lines, Place, kind_of};
use serde_json::Value;
use std::io::{Cursor, Read};
use std::sync::Arc;

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

    /// The places of the columns that may hold a field: the one named for it, then those with the usual names, the first first.
    fn of(&self, wanted: Field, names: &[String]) -> Vec<usize> {
        let named = self.0.iter().filter(|(f, _)| *f == wanted);
        let mut places: Vec<usize> = named.filter_map(|(_, column)| names.iter().position(|name| name == column)).collect();
        let rank = |i: &usize| wanted.names().iter().position(|n| squash(&names[*i]) == *n);
        let mut usual: Vec<usize> = (0..names.len()).filter(|&i| field(&names[i]) == Some(wanted)).collect();
        usual.sort_by_key(rank);
        places.append(&mut usual);
        places
    }

    /// Whether a header, or an object, has a column of text or HTML.
    pub(super) fn has_text(&self, names: &[String]) -> bool {
        [Field::Text, Field::Html].iter().any(|f| !self.of(*f, names).is_empty())
    }

    /// The columns that were named, by their names.
    pub(super) fn named(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(_, column)| column)
    }
}

fn squash(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A record with the names of its columns.
struct Row {
    line: u64,
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    /// The first value that a field has, as text.
    fn get(&self, columns: &Columns, field: Field) -> Option<String> {
        let values = columns.of(field, &self.names).into_iter().filter_map(|i| self.values.get(i));
        values.map(plain).find(|text| !text.trim().is_empty())
    }

    /// The first text among the values that a field has. Only a string is one: of a number or a list the text would be ours.
    fn text(&self, columns: &Columns, field: Field) -> Option<&str> {
        let values = columns.of(field, &self.names).into_iter().filter_map(|i| self.values.get(i));
        values.filter_map(Value::as_str).find(|text| !text.trim().is_empty())
    }

    /// Why there is no text.
    fn without_text(&self, columns: &Columns) -> Error {
        let places = [Field::Text, Field::Html].into_iter().flat_map(|field| columns.of(field, &self.names));
        let other = |i: usize| self.values.get(i).filter(|v| !v.is_null() && !v.is_string()).map(|v| (&self.names[i], v));
        match places.into_iter().find_map(other) {
            Some((name, value)) => Error::new(format!("{name:?} is {}", kind_of(value))).expected("a string"),
            None => Error::new("the row has no text")
                .expected("a value under text, body, content or html")
                .hint("name the column, as in --columns text=story"),
        }
    }
}

/// The article of one row.
fn article(columns: &Columns, row: &Row, origin: &Origin) -> Result<Article> {
    let owned = |f: Field| row.get(columns, f);
    let meta =
        Meta { outlet: owned(Field::Outlet), date: owned(Field::Date), url: owned(Field::Url), author: owned(Field::Author) };
    let id = origin.member(owned(Field::Id), row.line);
    let mut article = match (row.text(columns, Field::Text), row.text(columns, Field::Html)) {
        (Some(text), _) => {
            let (title, blocks) = text::blocks(text);
            if blocks.is_empty() {
                return Err(Error::new("the text of the row holds no word"));
            }
            Article { id, path: origin.path.clone(), text: text.to_owned(), title, meta: Meta::default(), blocks }
        }
        (None, Some(html)) => from_html(html, &Origin { id, path: origin.path.clone() })?,
        (None, None) => return Err(row.without_text(columns)),
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

/// Articles from the rows of a file. A column that was asked for and is in none of them is an error of a file that was itself
/// asked for; in folders some files may have other columns than the rest.
fn articles(mut rows: impl Iterator<Item = Result<Row>> + Send + 'static, origin: Origin, settings: &Settings) -> Articles {
    let settings = settings.clone();
    let mut absent: Vec<String> = settings.columns.named().cloned().collect();
    let mut first: Option<Arc<[String]>> = None;
    let (mut any, mut ended) = (false, false);
    Box::new(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        if let Some(row) = rows.next() {
            any = true;
            let article = row.and_then(|row| {
                if !absent.is_empty() {
                    settings.find(&row.names);
                    absent.retain(|column| !row.names.contains(column));
                    first.get_or_insert_with(|| Arc::clone(&row.names));
                }
                article(&settings.columns, &row, &origin).map_err(|e| e.line(row.line))
            });
            return Some(article.map_err(|e| e.at(&origin.id)));
        }
        ended = true;
        let error = match first.take() {
            Some(names) if settings.by_itself && !absent.is_empty() => settings.without(&absent, &names),
            _ if !any => Error::new("no row in this file"),
            _ => return None,
        };
        Some(Err(error.at(&origin.id)))
    }))
}

/// Articles from one JSON object a line.
pub(super) fn jsonl(stream: Stream, origin: Origin, settings: &Settings) -> Articles {
    let mut lines = match transcoded(stream, settings.limit) {
        Ok(stream) => Lines::new(stream, settings.limit, |_, limit| too_large(limit)),
        Err(e) => return failed(e.at(&origin.id)),
    };
    let rows = std::iter::from_fn(move || {
        let row = lines.next()?.and_then(|()| object(&lines.line, Place { line: lines.number, column: 1 }));
        Some(row.map_err(|e| e.line(lines.number)))
    });
    articles(rows, origin, settings)
}

/// Articles from the objects at the top of JSON, over any number of lines.
pub(super) fn json(stream: Stream, origin: Origin, settings: &Settings) -> Articles {
    let limit = settings.limit;
    let mut pieces = match transcoded(stream, limit) {
        Ok(stream) => Pieces::new(stream, limit),
        Err(e) => return failed(e.at(&origin.id)),
    };
    let rows = std::iter::from_fn(move || {
        Some(pieces.next()?.and_then(|Piece { bytes, place, whole }| {
            if bytes.len() as u64 > limit {
                let open = "a bracket or a quotation mark that is not closed makes a long object; or raise --max-size";
                return Err(if whole { too_large(limit) } else { too_large(limit).hint(open) }.line(place.line));
            }
            object(&bytes, place)
        }))
    });
    articles(rows, origin, settings)
}

/// The row that an object is.
fn object(bytes: &[u8], place: Place) -> Result<Row> {
    let object = records::object(decode::field(bytes).trim_start_matches('\u{feff}'), place)?;
    let (names, values): (Vec<String>, Vec<Value>) = object.into_iter().unzip();
    Ok(Row { line: place.line, names: names.into(), values })
}

/// A value as text: lists joined with commas (authors), objects by their name.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(list) => list.iter().map(plain).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(object) => object.get("name").map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// Articles from columns with a header. Where the header has no such separator, another one that it has separates.
pub(super) fn csv(stream: Stream, origin: Origin, separator: u8, settings: &Settings) -> Articles {
    let mut records = match transcoded(stream, settings.limit) {
        Ok(stream) => Cells::new(stream, separator, settings.limit, |_, limit| {
            too_large(limit).hint("a quotation mark that is not closed makes a long record; or raise --max-size")
        }),
        Err(e) => return failed(e.at(&origin.id)),
    };
    let own = settings.clone();
    let mut header: Option<Arc<[String]>> = None;
    let mut ended = false;
    let rows = std::iter::from_fn(move || {
        while !ended {
            let row = records.next()?.and_then(|(line, cells)| {
                let cells: Vec<String> = cells.iter().map(|cell| decode::field(cell)).collect();
                match &header {
                    Some(names) => row(line, names, cells).map(Some),
                    None => header_of(cells, &own).map(|names| header = Some(names.into())).map(|()| None),
                }
                .map_err(|e| e.line(line))
            });
            // Without a header no row has a meaning.
            ended = header.is_none();
            if let Some(row) = row.transpose() {
                return Some(row);
            }
        }
        None
    });
    articles(rows, origin, settings)
}

/// A row by its cells. Programs leave out empty cells at the end of a row, or add some.
fn row(line: u64, names: &Arc<[String]>, cells: Vec<String>) -> Result<Row> {
    if cells.iter().skip(names.len()).any(|cell| !cell.trim().is_empty()) {
        return Err(records::unequal(cells.len(), names.len()));
    }
    Ok(Row { line, names: Arc::clone(names), values: cells.into_iter().map(Value::from).collect() })
}

fn header_of(cells: Vec<String>, settings: &Settings) -> Result<Vec<String>> {
    let names: Vec<String> = cells.iter().map(|c| c.trim().to_owned()).collect();
    let absent: Vec<String> = settings.columns.named().filter(|column| !names.contains(column)).cloned().collect();
    if settings.by_itself && !absent.is_empty() {
        return Err(settings.without(&absent, &names));
    }
    if settings.columns.has_text(&names) {
        return Ok(names);
    }
    Err(Error::new(format!("no column of text among {}", quoted(&names)))
        .expected("a header with text, body, content or html")
        .hint("name the column, as in --columns text=story"))
}

/// Names in quotation marks, the first twenty.
pub(super) fn quoted(names: &[String]) -> String {
    let shown = names.iter().take(20).map(|n| format!("{:?}", n.chars().take(40).collect::<String>()));
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, csv_separator: Option<u8>, columns: &[&str], limit: u64) -> Vec<Result<Article>> {
        let stream: Stream = Box::new(Cursor::new(text.as_bytes().to_vec()));
        let origin = Origin { id: "f".into(), path: None };
        let settings = Settings { limit, columns: Columns::new(columns).unwrap(), ..Settings::default() };
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

    fn errors(rows: &[Result<Article>]) -> Vec<String> {
        rows.iter().filter_map(|r| r.as_ref().err()).map(ToString::to_string).collect()
    }

    fn texts(rows: &[Result<Article>]) -> Vec<&str> {
        rows.iter().flatten().map(|a| a.text.as_str()).collect()
    }

    #[test]
    fn the_objects_of_json_are_rows_named_by_their_line() {
        let read = |text: &str, limit| -> Vec<Result<Article>> {
            let settings = Settings { limit, ..Settings::default() };
            json(Box::new(Cursor::new(text.as_bytes().to_vec())), Origin { id: "f".into(), path: None }, &settings).collect()
        };
        let rows = read(
            "[\n  {\"text\": \"One.\"},\n  7,\n  {\n    \"body\": \"Two.\", \"title\": tru\n  },\n  {\"text\": \"Three.\"}\n]",
            999,
        );
        assert_eq!(texts(&rows), ["One.", "Three."]);
        assert_eq!(rows[0].as_ref().unwrap().id, "f:2");
        let found = errors(&rows);
        assert!(found[0].starts_with("f:3: a number; expected a JSON object"), "{}", found[0]);
        assert!(found[1].starts_with("f:5:33: broken JSON: expected ident"), "{}", found[1]);
        assert_eq!(found.len(), 2);
        // A quotation mark that is missing: the parser of the object says where.
        let rows = read("{\"text\": \"One.\"}\n{\"text\": \"Two.}\n{\"text\": \"Three.\"}\n", 999);
        assert_eq!(texts(&rows), ["One."]);
        let found = errors(&rows);
        assert!(found.len() == 1 && found[0].starts_with("f:2:16: broken JSON: control character"), "{found:?}");
        let rows = read(&format!("[{{\"text\": \"{}\"}}, {{\"text\": \"Two.\"}}]", "x".repeat(100)), 50);
        assert!(errors(&rows)[0].starts_with("f:1: the article is larger than 50 bytes"), "{rows:?}");
        assert_eq!(texts(&rows), ["Two."]);
        assert!(errors(&read("[]", 50))[0].starts_with("f: no row in this file"));
        let open = format!("[{{\"text\": \"{}", "x".repeat(100));
        assert!(errors(&read(&open, 50))[0].contains("not closed"), "{:?}", errors(&read(&open, 50)));
    }

    #[test]
    fn only_a_string_is_a_text() {
        let rows = read(
            "{\"text\": 5}\n{\"text\": [\"a\"], \"title\": 7}\n{\"article\": 5, \"body\": \"One.\", \"title\": 7}\n",
            None,
            &[],
            99,
        );
        let found = errors(&rows);
        assert!(found[0].starts_with("f:1: \"text\" is a number; expected a string"), "{}", found[0]);
        assert!(found[1].starts_with("f:2: \"text\" is a list; expected a string"), "{}", found[1]);
        assert_eq!((texts(&rows), rows[2].as_ref().unwrap().title.as_deref()), (vec!["One."], Some("7")));
    }

    #[test]
    fn a_place_is_named_once() {
        let found = errors(&read("{\"text\": \"One.\"}\n{\"text\": \"é\" 5}\n", None, &[], 99)).remove(0);
        assert_eq!(found, "f:2:14: broken JSON: expected `,` or `}`; expected a JSON object");
    }

    #[test]
    fn more_cells_than_columns_and_open_quotation_marks_cost_no_other_row() {
        let text = "id,text\n1,One.\n2,Two,too.\n3,\"Three.\n4,Four.\n5,Five.,,\n6\n";
        let rows = read(text, Some(b','), &[], 999);
        assert_eq!(texts(&rows), ["One.", "Four.", "Five."]);
        let found = errors(&rows);
        assert!(found[0].starts_with("f:3: 3 cells; expected 2, as in the header\n  hint: "), "{}", found[0]);
        assert!(found[1].starts_with("f:4: a quotation mark in cell 2 that is never closed; expected "), "{}", found[1]);
        assert!(found[1].contains("hint: ") && found[2].starts_with("f:7: the row has no text"), "{found:?}");
    }

    #[test]
    fn columns_that_were_asked_for_are_missed() {
        let found = errors(&read("id,text\n1,One.\n", Some(b','), &["text=body", "title=head"], 99)).remove(0);
        assert!(found.starts_with("f:1: no column \"body\", \"head\" among \"id\", \"text\"; expected "), "{found}");
        let rows = read("{\"text\": \"One.\"}\n{\"text\": \"Two.\"}\n", None, &["text=body"], 99);
        assert!(errors(&rows)[0].starts_with("f: no column \"body\" among \"text\""), "{rows:?}");
        assert_eq!(texts(&rows), ["One.", "Two."]);
        assert_eq!(texts(&read("{\"text\": \"One.\"}\n{\"body\": \"Two.\"}\n", None, &["text=body"], 99)), ["One.", "Two."]);
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
