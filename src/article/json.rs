//! JSON to the objects at its top, streaming: the elements of one list, or objects one after another, over any number of lines.

use crate::error::{Error, Result};
use crate::records::Place;
use std::io::{self, BufRead, BufReader, Read};

/// Lists and objects within each other. The parser of an object refuses as many, so that more need not be followed.
const MAX_DEPTH: usize = 128;

/// The text of a value at the top, and where it begins.
#[derive(Debug)]
pub(super) struct Piece {
    pub bytes: Vec<u8>,
    pub place: Place,
    /// Whether its brackets and quotation marks match. If not, it is the last one.
    pub whole: bool,
}

/// Cuts JSON into the values at its top. What they are is for the parser to tell.
pub(super) struct Pieces<R> {
    reader: BufReader<R>,
    limit: u64,
    place: Place,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// Between objects that follow each other.
    Between,
    /// Behind the bracket that opens the list.
    Opened,
    /// Behind an element.
    Element,
    /// Behind a comma.
    Comma,
    /// Behind the bracket that closes the list.
    Closed,
    /// At the end, or where it is not known how to go on.
    Ended,
}

impl<R: Read> Pieces<R> {
    /// `limit`: bytes that are kept of a value; one with more is given out cut.
    pub fn new(reader: R, limit: u64) -> Self {
        Self { reader: BufReader::new(reader), limit, place: Place { line: 1, column: 1 }, state: State::Start }
    }

    /// The next value; `None` behind the last.
    pub fn next(&mut self) -> Option<Result<Piece>> {
        if self.state == State::Ended {
            return None;
        }
        let piece = self.find();
        if !matches!(piece, Ok(Some(_))) {
            self.state = State::Ended;
        }
        piece.transpose()
    }

    fn find(&mut self) -> Result<Option<Piece>> {
        loop {
            let byte = self.peek()?;
            self.state = match (self.state, byte) {
                (state, Some(b' ' | b'\t' | b'\n' | b'\r')) => state,
                // A byte order mark has no column.
                (State::Start, Some(0xEF | 0xBB | 0xBF)) => {
                    self.reader.consume(1);
                    continue;
                }
                (State::Start, Some(b'[')) => State::Opened,
                (State::Start | State::Between, Some(b'{')) => return self.value(State::Between).map(Some),
                (State::Opened | State::Element, Some(b']')) => State::Closed,
                (State::Element, Some(b',')) => State::Comma,
                (State::Opened | State::Comma, Some(b)) if !matches!(b, b',' | b']' | b'}') => {
                    return self.value(State::Element).map(Some);
                }
                (State::Start | State::Between | State::Closed | State::Ended, None) => return Ok(None),
                (state, byte) => return Err(self.unexpected(state, byte)),
            };
            if let Some(byte) = byte {
                self.pass(byte);
            }
        }
    }

    fn unexpected(&self, state: State, byte: Option<u8>) -> Error {
        let found = match byte {
            None => "the end of the file".to_owned(),
            Some(b) if b.is_ascii_graphic() => format!("{:?}", char::from(b)),
            Some(b) => format!("the byte {b:#04x}"),
        };
        let expected = match state {
            State::Start => "a list of objects, or objects one after another",
            State::Between => "another object, or the end of the file",
            State::Opened | State::Comma => "an object",
            State::Element => "',' or ']' behind the object",
            State::Closed | State::Ended => "the end of the file behind the list",
        };
        let Place { line, column } = self.place;
        Error::new(format!("broken JSON: {found}")).line(line).column(column).expected(expected)
    }

    /// Reads a value to its end, or to where its brackets do not match.
    fn value(&mut self, then: State) -> Result<Piece> {
        let place = self.place;
        let (mut bytes, mut closers) = (Vec::new(), Vec::new());
        let (mut quoted, mut escaped) = (false, false);
        let whole = loop {
            let top = closers.is_empty() && !quoted;
            let byte = match self.peek()? {
                // A number or a word ends before what cannot be part of it.
                Some(b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r') if top => break true,
                Some(byte) => byte,
                None => break top,
            };
            self.pass(byte);
            if bytes.len() as u64 <= self.limit {
                bytes.push(byte);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'{' | b'[' if closers.len() == MAX_DEPTH => break false,
                b'{' => closers.push(b'}'),
                b'[' => closers.push(b']'),
                b'}' | b']' if closers.pop() != Some(byte) => break false,
                _ => {}
            }
            if closers.is_empty() && !quoted && matches!(byte, b'}' | b']' | b'"') {
                break true;
            }
        };
        self.state = if whole { then } else { State::Ended };
        Ok(Piece { bytes, place, whole })
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            match self.reader.fill_buf() {
                Ok(available) => return Ok(available.first().copied()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(super::open::cannot_read(&e).line(self.place.line)),
            }
        }
    }

    /// Goes on behind the byte.
    fn pass(&mut self, byte: u8) {
        self.reader.consume(1);
        match byte {
            b'\n' => self.place = Place { line: self.place.line + 1, column: 1 },
            // The later bytes of a character.
            0x80..=0xBF => {}
            _ => self.place.column += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, limit: u64) -> Vec<String> {
        let mut pieces = Pieces::new(text.as_bytes(), limit);
        let shown = |piece: Result<Piece>| match piece {
            Err(e) => e.at("f").to_string(),
            Ok(Piece { bytes, place, whole }) => {
                format!("{}:{} {}{}", place.line, place.column, String::from_utf8_lossy(&bytes), if whole { "" } else { " …" })
            }
        };
        std::iter::from_fn(move || pieces.next().map(shown)).collect()
    }

    #[test]
    fn lists_and_objects_in_a_row_are_cut() {
        assert_eq!(
            pieces("\u{feff}[{\"a\":\n\"]}\\\"é\"}, {} , 5,\n null,\"x\",[{}]]\n", 99),
            ["1:2 {\"a\":\n\"]}\\\"é\"}", "2:11 {}", "2:16 5", "3:2 null", "3:7 \"x\"", "3:11 [{}]",]
        );
        assert_eq!(pieces("{\n  \"a\": {\"b\": []}\n}\n{}{}", 99), ["1:1 {\n  \"a\": {\"b\": []}\n}", "4:1 {}", "4:3 {}"]);
        assert_eq!(pieces(" [ ] ", 99), [""; 0]);
        assert_eq!(pieces("[{\"a\":\"bcd\"},{}]", 4), ["1:2 {\"a\":", "1:14 {}"], "one byte more than the limit is kept");
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        for (text, expected) in [
            ("[{},\n]", "f:2:1: broken JSON: ']'; expected an object"),
            ("[{}\n{}]", "f:2:1: broken JSON: '{'; expected ',' or ']' behind the object"),
            ("[{}", "f:1:4: broken JSON: the end of the file; expected ',' or ']' behind the object"),
            ("[{}]\n[", "f:2:1: broken JSON: '['; expected the end of the file behind the list"),
            ("{} ,{}", "f:1:4: broken JSON: ','; expected another object, or the end of the file"),
            ("ferry", "f:1:1: broken JSON: 'f'; expected a list of objects, or objects one after another"),
            ("[{\"a\": \"b}, {}]", "1:2 {\"a\": \"b}, {}] …"),
            ("{\"a\": [1}", "1:1 {\"a\": [1} …"),
        ] {
            assert_eq!(pieces(text, 99).last().unwrap(), expected, "{text}");
        }
        let deep = pieces(&format!("[{}", "{\"a\":".repeat(100_000)), 9999);
        assert!(deep.len() == 1 && deep[0].ends_with('…') && deep[0].len() < 1000, "{}", deep[0].len());
    }
}
