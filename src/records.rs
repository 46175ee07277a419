//! Records of JSON and CSV, as files of articles and of labelled sentences have them: lines and cells within a limit,
//! streaming, and errors with the place where a person finds them. A bad record costs no other one, as far as the next can
//! be found.

use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::io::{self, BufRead, BufReader, Read};

/// The error of a record that is too long, from what was found and the limit.
pub(crate) type TooLong = fn(String, u64) -> Error;

/// Bytes of CSV that are read at once.
const CHUNK: usize = 64 << 10;

/// Where something begins, counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub line: u64,
    pub column: u64,
}

/// The JSON object that a text is; `place` is where it begins.
pub(crate) fn object(text: &str, place: Place) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(Error::new(kind_of(&other)).expected("a JSON object: {\"id\": …}").line(place.line)),
        Err(e) => {
            // Where a line ends too soon, the parser names the beginning of the next.
            let number = e.line().saturating_sub(if e.column() == 0 { 2 } else { 1 });
            let line = text.split('\n').nth(number).unwrap_or_default().as_bytes();
            let before = if e.column() == 0 { line } else { line.get(..e.column() - 1).unwrap_or(line) };
            let first = if number > 0 { 1 } else { place.column };
            let full = e.to_string();
            let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
            Err(Error::new(format!("broken JSON: {message}"))
                .line(place.line + number as u64)
                .column(first + String::from_utf8_lossy(before).chars().count() as u64)
                .expected("a JSON object"))
        }
    }
}

/// What a value is, in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Lines within a limit; blank ones are skipped, and so is a byte order mark.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    limit: u64,
    too_long: TooLong,
    /// The line that was read last, without its end.
    pub line: Vec<u8>,
    /// Its number.
    pub number: u64,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(reader: R, limit: u64, too_long: TooLong) -> Self {
        Self { reader: BufReader::new(reader), limit, too_long, line: Vec::new(), number: 0, ended: false }
    }

    /// Reads the next line; `None` behind the last. A line that is too long is skipped.
    pub fn next(&mut self) -> Option<Result<()>> {
        while !self.ended {
            self.number += 1;
            match self.read() {
                Ok(length) if length > self.limit => {
                    let error = (self.too_long)(format!("a line of {length} bytes"), self.limit);
                    return Some(Err(error.line(self.number)));
                }
                Ok(_) if self.line.trim_ascii().is_empty() => {}
                Ok(_) => return Some(Ok(())),
                Err(e) => {
                    self.ended = true;
                    return Some(Err(cannot_read_on(&e).line(self.number)));
                }
            }
        }
        None
    }

    /// Reads a line, of which no more than the limit is kept, and gives its length.
    fn read(&mut self) -> io::Result<u64> {
        self.line.clear();
        let mut length = 0;
        loop {
            let available = match self.reader.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            let end = available.iter().position(|&b| b == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            length += part.len() as u64;
            if length <= self.limit {
                self.line.extend_from_slice(part);
            }
            self.ended = available.is_empty();
            let taken = part.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if self.ended || end.is_some() {
                break;
            }
        }
        if self.number == 1 && self.line.starts_with(b"\xEF\xBB\xBF") {
            self.line.drain(..3);
        }
        Ok(length)
    }
}

fn cannot_read_on(e: &io::Error) -> Error {
    Error::new(format!("cannot read on: {e}"))
}

/// The separator of a header: the one that its file's name stands for, or another where it has none of those.
pub(crate) fn separator(header: &[u8], named: u8) -> u8 {
    let mut quoted = false;
    let outside = |b: &&u8| {
        quoted ^= **b == b'"';
        !quoted
    };
    let plain: Vec<u8> = header.iter().filter(outside).copied().collect();
    [named, b';', b'\t', b','].into_iter().find(|s| plain.contains(s)).unwrap_or(named)
}

/// A row whose cells are not as many as the header's.
pub(crate) fn unequal(cells: usize, header: usize) -> Error {
    Error::new(format!("{cells} cells"))
        .expected(format!("{header}, as in the header"))
        .hint("a cell with a separator, a quotation mark or a line break is written in quotation marks")
}

/// Cells of CSV, quoted as in RFC 4180, with the header as the first record; blank lines are skipped.
///
/// A quotation mark that is not closed, or is closed in the middle of a cell, would take the rows behind it into its cell. It is
/// an error of its row, and reading goes on behind the line on which it stands. Nothing is read more than twice: behind an open
/// quotation mark there were only pairs of them, which open no cell.
pub(crate) struct Cells<R> {
    input: R,
    separator: u8,
    limit: u64,
    too_long: TooLong,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    /// Whether the last byte was a carriage return, which ends a line alone or with a line feed.
    returned: bool,
    ended: bool,
}

/// Where a scan is in a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark that ends the cell, unless another one follows.
    Closing,
    /// Behind spaces behind that.
    Closed,
}

/// The byte and the line on which to go on where a quotation mark comes to nothing.
type Resume = Option<(usize, u64)>;

impl<R: Read> Cells<R> {
    /// `separator` is the one that the name of the file stands for.
    pub fn new(input: R, separator: u8, limit: u64, too_long: TooLong) -> Self {
        let buffer = Vec::new();
        Self { input, separator, limit, too_long, buffer, at: 0, line: 0, returned: false, ended: false }
    }

    /// The next record with the line on which it begins; `None` behind the last.
    pub fn next(&mut self) -> Option<Result<(u64, Vec<Vec<u8>>)>> {
        if self.ended {
            return None;
        }
        let record = self.begin().and_then(|()| self.record()).transpose();
        self.ended |= record.is_none();
        record
    }

    /// At the first record: looks at the header.
    fn begin(&mut self) -> Result<()> {
        if self.line > 0 {
            return Ok(());
        }
        self.line = 1;
        let is_end = |b: &u8| matches!(b, b'\n' | b'\r');
        while self.buffer.len() < CHUNK && !self.buffer.iter().any(is_end) && self.read_more()? {}
        if self.buffer.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
        let header = self.buffer[self.at..].split(is_end).next().unwrap_or_default();
        self.separator = separator(header, self.separator);
        Ok(())
    }

    fn record(&mut self) -> Result<Option<(u64, Vec<Vec<u8>>)>> {
        let (mut cells, mut cell) = (Vec::new(), Vec::new());
        let (mut first, mut opened, mut size) = (self.line, self.line, 0);
        let mut scan = Scan::Start;
        let mut resume = None;
        loop {
            let byte = self.byte(&mut resume)?;
            let end = matches!(byte, None | Some(b'\n' | b'\r'));
            size += 1;
            if size > self.limit && !end {
                let error = (self.too_long)(format!("a record of more than {} bytes", self.limit), self.limit);
                return Err(self.go_on(resume, error.line(first)));
            }
            scan = match (scan, byte) {
                (Scan::Quoted, None) => {
                    let error = Error::new(format!("a quotation mark in cell {} that is never closed", cells.len() + 1));
                    let error = error.expected("a second one behind the text of the cell");
                    return Err(self.go_on(resume, hint(error).line(opened)));
                }
                (Scan::Quoted, Some(b'"')) => Scan::Closing,
                (Scan::Quoted, Some(b)) => {
                    cell.push(b);
                    // A line feed behind a carriage return ends the same line.
                    if end && resume.is_none_or(|(_, line)| line == self.line) {
                        resume = Some((self.at, self.line));
                    }
                    Scan::Quoted
                }
                (Scan::Closing, Some(b'"')) => {
                    cell.push(b'"');
                    Scan::Quoted
                }
                (Scan::Start, Some(b'"')) => {
                    opened = self.line;
                    Scan::Quoted
                }
                (_, Some(b)) if b == self.separator => {
                    cells.push(std::mem::take(&mut cell));
                    resume = None;
                    Scan::Start
                }
                (Scan::Start, Some(_)) if end && cells.is_empty() => {
                    (first, size) = (self.line, 0);
                    Scan::Start
                }
                (Scan::Start, None) if cells.is_empty() => return Ok(None),
                _ if end => {
                    cells.push(cell);
                    return Ok(Some((first, cells)));
                }
                (Scan::Closing | Scan::Closed, Some(b @ (b' ' | b'\t'))) => {
                    cell.push(b);
                    Scan::Closed
                }
                (Scan::Closing | Scan::Closed, _) => {
                    let error = Error::new(format!("text behind the quotation mark that ends cell {}", cells.len() + 1));
                    let error = error.expected("a separator or the end of the row");
                    return Err(self.go_on(resume, hint(error).line(opened)));
                }
                (Scan::Start | Scan::Plain, byte) => {
                    cell.extend(byte);
                    Scan::Plain
                }
            };
        }
    }

    /// Goes on behind the line on which a quotation mark stands that came to nothing, or else behind this line. Gives the
    /// error back.
    fn go_on(&mut self, resume: Resume, error: Error) -> Error {
        let Some((at, line)) = resume else {
            loop {
                match self.byte(&mut None) {
                    Ok(Some(b'\n' | b'\r') | None) => return error,
                    Ok(_) => {}
                    Err(e) => return e,
                }
            }
        };
        (self.at, self.line, self.returned) = (at, line, false);
        error
    }

    /// The next byte; `None` at the end. What stands before `resume` may go.
    fn byte(&mut self, resume: &mut Resume) -> Result<Option<u8>> {
        if self.at == self.buffer.len() {
            let gone = resume.map_or(self.at, |(at, _)| at);
            self.buffer.drain(..gone);
            self.at -= gone;
            *resume = resume.map(|(_, line)| (0, line));
            if !self.read_more()? {
                return Ok(None);
            }
        }
        let byte = self.buffer[self.at];
        self.at += 1;
        self.line += u64::from(byte == b'\r' || byte == b'\n' && !self.returned);
        self.returned = byte == b'\r';
        Ok(Some(byte))
    }

    /// Reads more into the buffer; `false` at the end.
    fn read_more(&mut self) -> Result<bool> {
        let have = self.buffer.len();
        self.buffer.resize(have + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[have..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(have + *read.as_ref().unwrap_or(&0));
        read.map(|n| n > 0).map_err(|e| {
            self.ended = true;
            cannot_read_on(&e).line(self.line)
        })
    }
}

fn hint(error: Error) -> Error {
    error.hint("a quotation mark inside a cell is written twice, and the whole cell in quotation marks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(text: &str, limit: u64) -> Vec<std::result::Result<(u64, String), String>> {
        let mut cells = Cells::new(text.as_bytes(), b',', limit, |what, _| Error::new(what));
        let joined =
            |cells: Vec<Vec<u8>>| cells.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join("|");
        let item = |item: Result<(u64, Vec<Vec<u8>>)>| item.map(|(line, cells)| (line, joined(cells))).map_err(|e| e.to_string());
        std::iter::from_fn(move || cells.next().map(item)).collect()
    }

    fn good(line: u64, cells: &str) -> std::result::Result<(u64, String), String> {
        Ok((line, cells.to_owned()))
    }

    #[test]
    fn records_have_their_lines_whatever_ends_them() {
        let all = cells("\u{feff}\"a\",b\r\n\r\n\"x\r\ny\",\"2\"\" pipe\" \r\nu,5\" pipe\rv,\n\n,\n", 100);
        let expected = [good(1, "a|b"), good(3, "x\r\ny|2\" pipe "), good(5, "u|5\" pipe"), good(6, "v|"), good(8, "|")];
        assert_eq!(all, expected);
        assert_eq!(cells("a;b\n1,5;2\n", 100)[1], good(2, "1,5|2"));
        assert_eq!(cells("a\tb\n1,5\t2\n", 100)[1], good(2, "1,5|2"));
        assert_eq!(cells("\"a;b\",c\n", 100), [good(1, "a;b|c")]);
    }

    #[test]
    fn a_quotation_mark_that_comes_to_nothing_costs_its_row_alone() {
        let all = cells("a,b\n1,\"open\n2,x\n3,\"y\nz\"\n", 1000);
        assert_eq!(all[0], good(1, "a|b"));
        let error = all[1].as_ref().unwrap_err();
        // The mark of the third row would close it.
        assert!(error.starts_with("line 2: text behind the quotation mark that ends cell 2"), "{error}");
        assert_eq!(all[2..], [good(3, "2|x"), good(4, "3|y\nz")]);
        let all = cells("a,b\n\"x\ny\",\"open\r\n2,x\r\n3,y", 1000);
        let error = all[1].as_ref().unwrap_err();
        assert!(error.starts_with("line 3: a quotation mark in cell 2 that is never closed; expected"), "{error}");
        assert_eq!(all[2..], [good(4, "2|x"), good(5, "3|y")]);
    }

    #[test]
    fn a_record_that_is_too_long_costs_no_other() {
        let long = "x".repeat(50);
        let all = cells(&format!("a,b\n{long},1\n\"{long}\n2,x\n3,y\n"), 40);
        assert_eq!(all.len(), 5, "{all:?}");
        assert_eq!(all[1], Err("line 2: a record of more than 40 bytes".to_owned()));
        assert_eq!(all[3..], [good(4, "2|x"), good(5, "3|y")]);
    }

    #[test]
    fn errors_of_objects_name_line_and_column() {
        let error = |text| object(text, Place { line: 7, column: 3 }).unwrap_err().to_string();
        assert_eq!(error("{\"é\": tru}"), "line 7: broken JSON: expected ident; expected a JSON object");
        let at = |text| object(text, Place { line: 7, column: 3 }).unwrap_err().at("f").to_string();
        assert!(at("{\"é\": tru}").starts_with("f:7:12: "), "{}", at("{\"é\": tru}"));
        assert!(at("{\"a\": 1,\n\"b\" 2}").starts_with("f:8:5: "), "{}", at("{\"a\": 1,\n\"b\" 2}"));
        assert!(at("{\"a\": \"b\n}").starts_with("f:7:11: "), "{}", at("{\"a\": \"b\n}"));
        assert_eq!(error("[1]"), "line 7: a list; expected a JSON object: {\"id\": …}");
    }

    proptest! {
        /// What the csv crate writes is read back, cell by cell.
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec("[a\",;\r\n é]{0,6}", 2), 1..8)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["a", "b"]).unwrap();
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<String> = cells(&text, 1000).into_iter().skip(1).map(|r| r.unwrap().1).collect();
            prop_assert_eq!(read, rows.iter().map(|row| row.join("|")).collect::<Vec<_>>());
        }
    }
}
