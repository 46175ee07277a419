//! Bytes to text: refuses what is not UTF-8 prose, and says where.

use crate::error::{Error, Result};

/// How much is looked at to tell text from binary data.
const SAMPLE: usize = 64 * 1024;

/// The first bytes of formats that are often handed over by mistake.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive (DOCX, EPUB and ODT files are ZIP archives too)"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
];

/// The text, or an error that names the first byte which is not text. The error does not name the file.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Error::new(format!("this is {name}"))
            .expected("text in UTF-8")
            .hint("convert it to plain text or Markdown first"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::new("the text is in UTF-16 (by its byte order mark)")
            .expected("UTF-8")
            .hint("convert it, for instance: iconv -f UTF-16 -t UTF-8 IN > OUT"));
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if let Some(at) = sample.iter().position(|&b| b == 0) {
        return Err(binary(&bytes, at, "a NUL byte"));
    }
    let controls = sample.iter().filter(|&&b| is_control(b)).count();
    if controls * 10 > sample.len() {
        let at = sample.iter().position(|&b| is_control(b)).unwrap_or(0);
        return Err(binary(&bytes, at, &format!("{controls} control characters in the first {} bytes", sample.len())));
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.chars().all(super::is_space) => {
            Err(Error::new(if text.is_empty() { "the article is empty" } else { "the article holds only white space" })
                .expected("text"))
        }
        Ok(text) => Ok(text),
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            let bytes = e.as_bytes();
            let byte = bytes.get(at).copied().unwrap_or_default();
            Err(Error::new(format!("not UTF-8: byte 0x{byte:02x} at offset {at}"))
                .line(line_of(bytes, at))
                .expected("text in UTF-8")
                .hint("convert it from its encoding, for instance: iconv -f WINDOWS-1252 -t UTF-8 IN > OUT"))
        }
    }
}

fn binary(bytes: &[u8], at: usize, found: &str) -> Error {
    Error::new(format!("this looks like binary data: {found} at offset {at}"))
        .line(line_of(bytes, at))
        .expected("text in UTF-8")
        .hint("UTF-16 text also looks like this: convert it to UTF-8")
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b) || byte == 0x7f
}

/// The line of a byte offset, counted from 1.
fn line_of(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at].iter().filter(|&&b| b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        decode(bytes.to_vec()).unwrap_err().to_string()
    }

    #[test]
    fn a_bad_byte_is_named_with_offset_and_line() {
        let e = message(b"First line.\nCaf\xe9 closed.\n");
        assert!(e.starts_with("line 2: not UTF-8: byte 0xe9 at offset 15; expected text in UTF-8\n  hint: "), "{e}");
    }

    #[test]
    fn a_character_cut_at_the_end_is_named() {
        assert!(message(b"Caf\xc3").contains("byte 0xc3 at offset 3"));
    }

    #[test]
    fn empty_and_white_text_are_refused() {
        assert!(message(b"").contains("is empty"));
        assert!(message(b" \r\n\t\xc2\xa0\xef\xbb\xbf").contains("only white space"));
    }

    #[test]
    fn binary_data_and_utf16_are_refused() {
        assert!(message(b"abc\0def").contains("a NUL byte at offset 3"));
        assert!(message(b"\x01\x02\x03\x04 text").contains("control characters"));
        assert!(message(b"\xff\xfeH\0i\0").contains("UTF-16"));
        assert!(message(b"%PDF-1.7 ...").contains("a PDF file"));
    }

    #[test]
    fn a_few_control_characters_are_let_through() {
        assert!(decode(b"One form feed\x0c and one bell \x07 in a long enough text.".to_vec()).is_ok());
    }
}
