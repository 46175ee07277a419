//! Bytes to text: by byte order mark, by what the document declares, then by detection; refuses what is not text.

use crate::error::{Error, Result};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::str::Utf8Error;

/// How much is looked at to tell text from binary data.
const SAMPLE: usize = 64 * 1024;

/// More than one character in so many that is none of a text is binary data.
const GARBAGE_ONE_IN: usize = 30;

/// The text, or an error that names the first byte which is not text. The error does not name the file.
///
/// UTF-8 stays byte for byte, a byte order mark too. Other encodings are told by a UTF-16 mark, by `declared`, then by
/// `chardetng`. Bytes that are UTF-8 are read as UTF-8 whatever is declared: other encodings hardly ever look like it.
pub(super) fn decode(bytes: Vec<u8>, declared: Option<&'static Encoding>) -> Result<String> {
    let text = match utf16(&bytes) {
        Some(encoding) => encoding.decode_with_bom_removal(&bytes).0.into_owned(),
        None => {
            refuse_nul(&bytes)?;
            match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(e) if is_cut(&e.utf8_error(), e.as_bytes(), declared) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
                Err(e) => other(e.as_bytes(), declared),
            }
        }
    };
    if text.chars().all(super::is_space) {
        return Err(Error::new(if text.is_empty() { "the article is empty" } else { "the article holds only white space" })
            .expected("text"));
    }
    refuse_garbled(&text)?;
    Ok(text)
}

/// One field of a row. Rows are decoded one by one, since they are read one by one.
pub(super) fn field(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| other(bytes, None), str::to_owned)
}

/// UTF-16, by its mark or by where its zeros stand.
pub(super) fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding != UTF_8).then_some(encoding);
    }
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Western prose in UTF-16 has a zero in nearly every pair, always at the same place.
    let most = sample.len() / 2 * 7 / 10;
    match sample.len() >= 4 {
        true if odd > most && even == 0 => Some(UTF_16LE),
        true if even > most && odd == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether bytes are UTF-8 but for a last character that is cut. One byte of it could as well be a letter of another encoding.
fn is_cut(error: &Utf8Error, bytes: &[u8], declared: Option<&'static Encoding>) -> bool {
    error.error_len().is_none() && (declared == Some(UTF_8) || bytes.len() - error.valid_up_to() > 1)
}

/// Bytes that are not UTF-8.
fn other(bytes: &[u8], declared: Option<&'static Encoding>) -> String {
    // A broken byte in what is UTF-8 otherwise must not change the reading of all the rest.
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).take(10_000).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > 4 * bad {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if let Some(encoding) = declared.filter(|e| *e != UTF_8) {
        let (text, _, broken) = encoding.decode(bytes);
        if !broken {
            return text.into_owned();
        }
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow).decode_without_bom_handling(bytes).0.into_owned()
}

/// Refuses bytes that no text has, but for UTF-16.
fn refuse_nul(bytes: &[u8]) -> Result<()> {
    match bytes.iter().take(SAMPLE).position(|&b| b == 0) {
        Some(at) => Err(binary(bytes, at, &format!("a NUL byte at offset {at}"))),
        None => Ok(()),
    }
}

/// Refuses what has been decoded and still is no text: some encodings give a character to every byte. A tenth of arbitrary bytes are
/// control characters. One alone may be damage; those of C1 are not counted, since text that was decoded wrongly before is full of them.
fn refuse_garbled(text: &str) -> Result<()> {
    let is_garbage = |c: char| c == '\u{fffd}' || c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c');
    let garbage = text.chars().filter(|&c| is_garbage(c)).count();
    let all = text.chars().count();
    if garbage <= 1 || garbage * GARBAGE_ONE_IN <= all {
        return Ok(());
    }
    let found = format!("{garbage} of {all} characters are control characters or could not be decoded");
    Err(binary(text.as_bytes(), text.find(is_garbage).unwrap_or(0), &found))
}

fn binary(bytes: &[u8], at: usize, found: &str) -> Error {
    Error::new(format!("this looks like binary data: {found}"))
        .line(line_of(bytes, at))
        .expected("text, or a format that `stance split --help` names")
}

/// The line of a byte offset, counted from 1.
fn line_of(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at].iter().filter(|&&b| b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        decode(bytes.to_vec(), None).unwrap_err().to_string()
    }

    #[test]
    fn utf8_stays_as_it_is() {
        assert_eq!(decode(b"\xef\xbb\xbfCaf\xc3\xa9\r\n".to_vec(), None).unwrap(), "\u{feff}Café\r\n");
        let declared = Encoding::for_label(b"latin1");
        assert_eq!(decode("Café".into(), declared).unwrap(), "Café", "a wrong declaration does not break UTF-8");
    }

    #[test]
    fn other_encodings_are_told_by_mark_by_declaration_and_by_their_bytes() {
        assert_eq!(decode(b"\xff\xfeH\0i\0".to_vec(), None).unwrap(), "Hi");
        assert_eq!(decode(b"\xfe\xff\0H\0i".to_vec(), None).unwrap(), "Hi");
        assert_eq!(decode(b"H\0i\0 \0y\0o\0u\0".to_vec(), None).unwrap(), "Hi you");
        assert_eq!(decode(b"\xb9\xb9".to_vec(), Encoding::for_label(b"iso-8859-2")).unwrap(), "šš");
        assert_eq!(decode(b"Caf\xe9 \x93closed\x94 \x97 he said.".to_vec(), None).unwrap(), "Café “closed” — he said.");
        // "Паром остался в порту" in windows-1251.
        let cyrillic = b"\xcf\xe0\xf0\xee\xec \xee\xf1\xf2\xe0\xeb\xf1\xff \xe2 \xef\xee\xf0\xf2\xf3";
        assert_eq!(decode(cyrillic.to_vec(), None).unwrap(), "Паром остался в порту");
    }

    #[test]
    fn one_broken_byte_does_not_change_the_reading_of_the_rest() {
        let mut bytes = "Žluťoučký kůň přešel řeku.".as_bytes().to_vec();
        bytes.push(0xff);
        assert_eq!(decode(bytes, None).unwrap(), "Žluťoučký kůň přešel řeku.\u{fffd}");
    }

    #[test]
    fn a_cut_last_character_does_not_change_the_reading_of_the_rest() {
        assert_eq!(decode(b"He said: \xe2\x80".to_vec(), None).unwrap(), "He said: \u{fffd}");
        assert_eq!(decode(b"He said: \xe2".to_vec(), Some(UTF_8)).unwrap(), "He said: \u{fffd}");
        assert_eq!(decode(b"It is a caf\xe9".to_vec(), None).unwrap(), "It is a café");
    }

    #[test]
    fn empty_and_white_text_are_refused() {
        assert!(message(b"").contains("is empty"));
        assert!(message(b" \r\n\t\xc2\xa0\xef\xbb\xbf").contains("only white space"));
    }

    #[test]
    fn binary_data_is_refused_with_its_place() {
        assert!(message(b"one\nabc\0def").starts_with("line 2: this looks like binary data: a NUL byte at offset 7"));
        assert!(message(b"\x01\x02\x03\x04 text").contains("4 of 9 characters are control characters"));
    }

    #[test]
    fn arbitrary_bytes_are_refused_though_an_encoding_takes_them() {
        // A linear congruential generator; zeros would be found before.
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for length in [60, 200, 5000] {
            let bytes: Vec<u8> = (0..length).map(|_| next().max(1)).collect();
            assert!(message(&bytes).contains("this looks like binary data"), "{length}");
        }
    }

    #[test]
    fn text_in_other_encodings_is_no_binary_data() {
        // "港の船は氷のために出なかった。" in Shift_JIS.
        let japanese = b"\x8d\x60\x82\xcc\x91\x44\x82\xcd\x95\x58\x82\xcc\x82\xbd\x82\xdf\x82\xc9\x8f\x6f\x82\xc8\x82\xa9\x82\xc1\x82\xbd\x81\x42";
        assert_eq!(decode(japanese.to_vec(), None).unwrap(), "港の船は氷のために出なかった。");
        let wide: Vec<u8> = "\u{feff}“Нет”, he said.".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(wide, None).unwrap(), "“Нет”, he said.");
        assert_eq!(decode(b"\x93No,\x94 he said\x85".to_vec(), None).unwrap(), "“No,” he said…");
        // What was UTF-8, read as Latin-1, and saved.
        let twice = "\u{e2}\u{80}\u{9c}No,\u{e2}\u{80}\u{9d} he said.";
        assert_eq!(decode(twice.into(), None).unwrap(), twice);
    }

    #[test]
    fn a_few_control_characters_are_let_through() {
        assert!(decode(b"One form feed\x0c and one bell \x07 in a long enough text.".to_vec(), None).is_ok());
    }
}
