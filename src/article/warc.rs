//! WARC files (ISO 28500), streaming: each response that is a page becomes an article, each `conversion` record of text too.
//!
//! Our own reader: records that are not wanted may have gigabytes and must be skipped without being kept.

use super::open::{Articles, Origin, Settings, cannot_read, too_large};
use super::unpack::Stream;
use super::{Article, Meta, decode, html, text};
use crate::error::{Error, Result};
use encoding_rs::Encoding;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes that the headers of a record or of a response may have.
const MAX_HEAD: usize = 64 << 10;
/// Headers of a response.
const MAX_HEADERS: usize = 256;

/// What a record says of itself.
#[derive(Debug, Default)]
struct Head {
    kind: String,
    target: Option<String>,
    date: Option<String>,
    content_type: String,
    length: u64,
}

/// The articles of a WARC file. Responses that are no page (pictures, redirects, errors) are passed over.
pub(super) fn articles(stream: Stream, origin: Origin, settings: &Settings) -> Articles {
    let mut reader = BufReader::new(stream);
    let limit = settings.limit;
    let (mut number, mut found, mut ended) = (0_u64, 0_u64, false);
    Box::new(std::iter::from_fn(move || {
        while !ended {
            number += 1;
            let result = match next_head(&mut reader) {
                Ok(None) => {
                    ended = true;
                    return (found == 0).then(|| {
                        Err(Error::new("no page in this archive").at(&origin.id).expected("responses of HTML or text"))
                    });
                }
                Ok(Some(head)) => match wanted(&head) {
                    false => match skip(&mut reader, head.length) {
                        Ok(()) => continue,
                        Err(e) => Err(e),
                    },
                    true if head.length > limit => skip(&mut reader, head.length).and(Err(too_large(limit))),
                    true => match body(&mut reader, head.length) {
                        Ok(bytes) => match article(&head, bytes, &origin, number, limit) {
                            Ok(Some(article)) => Ok(article),
                            Ok(None) => continue,
                            Err(e) => {
                                found += 1;
                                return Some(Err(e.at(origin.member(head.target, number))));
                            }
                        },
                        Err(e) => Err(e),
                    },
                },
                Err(e) => {
                    ended = true;
                    Err(e)
                }
            };
            // What is cut or broken leaves no way to find the next record.
            ended |= result.is_err();
            found += 1;
            return Some(result.map_err(|e| e.at(format!("{}:{number}", origin.id))));
        }
        None
    }))
}

fn wanted(head: &Head) -> bool {
    match head.kind.as_str() {
        "response" => head.content_type.starts_with("application/http") || head.content_type.is_empty(),
        "resource" | "conversion" => head.content_type.starts_with("text/"),
        _ => false,
    }
}

/// The headers of the next record; `None` at the end.
fn next_head(reader: &mut BufReader<Stream>) -> Result<Option<Head>> {
    let mut line = Vec::new();
    // Blank lines end the record before.
    let mut blank = 0;
    loop {
        if !read_line(reader, &mut line)? {
            return Ok(None);
        }
        if !line.trim_ascii().is_empty() {
            break;
        }
        blank += 1;
        if blank > 1000 {
            return Err(broken("blank lines without end"));
        }
    }
    if !line.starts_with(b"WARC/") {
        return Err(broken(&format!("{:?} where a record should begin", String::from_utf8_lossy(&line[..line.len().min(40)]))));
    }
    let mut head = Head::default();
    let (mut total, mut length) = (0, None);
    loop {
        if !read_line(reader, &mut line)? {
            return Err(broken("a record that is cut"));
        }
        total += line.len();
        if total > MAX_HEAD {
            return Err(broken("headers without end"));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            break;
        }
        let Some((name, value)) = text.split_once(':') else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "warc-type" => head.kind = value.to_ascii_lowercase(),
            "warc-target-uri" => head.target = Some(value.trim_matches(['<', '>']).to_owned()),
            "warc-date" => head.date = Some(value.to_owned()),
            "content-type" => head.content_type = value.to_ascii_lowercase(),
            "content-length" => length = value.parse().ok(),
            _ => {}
        }
    }
    head.length = length.ok_or_else(|| broken("a record without Content-Length"))?;
    Ok(Some(head))
}

fn broken(what: &str) -> Error {
    Error::new(format!("broken WARC: {what}"))
}

/// Reads a line of bounded length; `false` at the end.
fn read_line(reader: &mut BufReader<Stream>, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    let n = reader.by_ref().take(MAX_HEAD as u64).read_until(b'\n', line).map_err(|e| cannot_read(&e))?;
    if n == MAX_HEAD && !line.ends_with(b"\n") {
        return Err(broken("a line without end"));
    }
    Ok(n > 0)
}

fn skip(reader: &mut BufReader<Stream>, length: u64) -> Result<()> {
    let n = io::copy(&mut reader.by_ref().take(length), &mut io::sink()).map_err(|e| cannot_read(&e))?;
    if n < length { Err(broken("a record that is cut")) } else { Ok(()) }
}

fn body(reader: &mut BufReader<Stream>, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let n = reader.by_ref().take(length).read_to_end(&mut bytes).map_err(|e| cannot_read(&e))?;
    if (n as u64) < length { Err(broken("a record that is cut")) } else { Ok(bytes) }
}

/// The article of a record; `None` if it holds no page.
fn article(head: &Head, bytes: Vec<u8>, origin: &Origin, number: u64, limit: u64) -> Result<Option<Article>> {
    let (bytes, content_type) = if head.kind == "response" {
        match response(&bytes, limit)? {
            Some(found) => found,
            None => return Ok(None),
        }
    } else {
        (bytes, head.content_type.clone())
    };
    let member = Origin { id: origin.member(head.target.clone(), number), path: origin.path.clone() };
    let encoding = content_type.split_once("charset=").and_then(|(_, name)| {
        Encoding::for_label(name.split([';', ' ']).next().unwrap_or_default().trim_matches(['"', '\'']).as_bytes())
    });
    let mut article = if content_type.starts_with("text/html") || content_type.starts_with("application/xhtml") {
        html::article(bytes, encoding, &member)?
    } else if content_type.starts_with("text/plain") {
        let text = decode::decode(bytes, encoding)?;
        let (title, blocks) = text::blocks(&text);
        Article { id: member.id, path: member.path, text, title, meta: Meta::default(), blocks }
    } else {
        return Ok(None);
    };
    // When the page was fetched says nothing about when it was written; where it was, where it stood.
    article.meta.url = article.meta.url.take().or_else(|| head.target.clone());
    Ok(Some(article))
}

/// Body and type of a good response.
fn response(bytes: &[u8], limit: u64) -> Result<Option<(Vec<u8>, String)>> {
    let mut headers = vec![httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let start = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(n)) => n,
        Ok(httparse::Status::Partial) => return Err(Error::new("a response that is cut")),
        Err(e) => return Err(Error::new(format!("not an HTTP response: {e}"))),
    };
    if parsed.code.is_none_or(|code| !(200..300).contains(&code)) {
        return Ok(None);
    }
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.map(|h| String::from_utf8_lossy(h.value).trim().to_ascii_lowercase()).unwrap_or_default()
    };
    let content_type = header("content-type");
    if !["text/html", "application/xhtml", "text/plain"].iter().any(|t| content_type.starts_with(t)) {
        return Ok(None);
    }
    let rest = &bytes[start..];
    // Archivers keep these headers after they have undone the encoding: what it does not look like, it is not.
    let rest = match header("transfer-encoding").contains("chunked").then(|| dechunk(rest)).flatten() {
        Some(whole) => whole,
        None => rest.to_vec(),
    };
    let rest = match header("content-encoding").as_str() {
        "gzip" | "x-gzip" if rest.starts_with(b"\x1f\x8b") => inflate(flate2::read::MultiGzDecoder::new(&rest[..]), limit)?,
        "deflate" if rest.first().is_some_and(|b| b & 0x0f == 8) => inflate(flate2::read::ZlibDecoder::new(&rest[..]), limit)?,
        "br" | "zstd" => {
            return Err(Error::new(format!("a page packed with {}", header("content-encoding"))).expected("gzip or none"));
        }
        _ => rest,
    };
    Ok(Some((rest, content_type)))
}

fn inflate(reader: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| cannot_read(&e))?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// The body of a chunked response; `None` if it is not chunked.
fn dechunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) = httparse::parse_chunk_size(bytes).ok()? else { return None };
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(bytes.get(start..end)?);
        bytes = bytes.get(end..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn record(kind: &str, target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
        let mut out = format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {target}\r\nWARC-Date: 2017-05-26T08:00:00Z\r\nContent-Type: \
             {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n\r\n");
        out
    }

    fn http(headers: &str, body: &[u8]) -> Vec<u8> {
        [format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n").as_bytes(), body].concat()
    }

    fn read(bytes: Vec<u8>) -> Vec<Result<Article>> {
        let origin = Origin { id: "a.warc".into(), path: None };
        articles(Box::new(Cursor::new(bytes)), origin, &Settings { limit: 1 << 20, ..Settings::default() }).collect()
    }

    const PAGE: &[u8] = b"<html><body><h1>Ice</h1><p>The ferry stayed in the harbour.</p></body></html>";

    #[test]
    fn pages_are_articles_and_the_rest_is_passed_over() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(PAGE).unwrap();
        let gz = gz.finish().unwrap();
        let chunked =
            [b"5\r\n".as_slice(), &PAGE[..5], b"\r\n40\r\n", &PAGE[5..69], b"\r\n", b"9\r\n", &PAGE[69..], b"\r\n0\r\n\r\n"]
                .concat();
        let http_type = "application/http; msgtype=response";
        let found = read(
            [
                record("warcinfo", "", "application/warc-fields", b"software: x"),
                record("response", "https://example.org/1", http_type, &http("Content-Type: text/html; charset=utf-8", PAGE)),
                record("response", "https://example.org/p.png", http_type, &http("Content-Type: image/png", b"\x89PNG")),
                record(
                    "response",
                    "https://example.org/2",
                    http_type,
                    &http("Content-Type: text/html\r\nContent-Encoding: gzip", &gz),
                ),
                record(
                    "response",
                    "https://example.org/3",
                    http_type,
                    &http("Content-Type: text/html\r\nTransfer-Encoding: chunked", &chunked),
                ),
                record(
                    "response",
                    "https://example.org/4",
                    http_type,
                    b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\nno",
                ),
                record("response", "https://example.org/5", http_type, b"no http"),
                record("conversion", "https://example.org/6", "text/plain", b"No ferry left.\n"),
            ]
            .concat(),
        );
        let ids: Vec<String> = found.iter().map(|r| r.as_ref().map_or_else(ToString::to_string, |a| a.id.clone())).collect();
        assert_eq!(ids.len(), 5, "{ids:?}");
        for (i, n) in [(0, 1), (1, 2), (2, 3)] {
            let article = found[i].as_ref().unwrap();
            assert_eq!(article.id, format!("https://example.org/{n}"));
            assert!(article.text.contains("The ferry stayed in the harbour."), "{}", article.text);
            assert_eq!(article.meta.url.as_deref(), Some(article.id.as_str()));
        }
        assert!(ids[3].starts_with("https://example.org/5: not an HTTP response"), "{}", ids[3]);
        assert_eq!(found[4].as_ref().unwrap().text, "No ferry left.\n");
    }

    #[test]
    fn cut_and_broken_archives_end_with_an_error() {
        let whole = record("resource", "https://example.org/1", "text/html", PAGE);
        let errors = |bytes: Vec<u8>| read(bytes).into_iter().filter_map(Result::err).map(|e| e.to_string()).collect::<Vec<_>>();
        assert!(errors(whole[..whole.len() - 40].to_vec())[0].contains("cut"));
        assert!(errors(b"WARC/1.0\r\nWARC-Type: response\r\n\r\n".to_vec())[0].contains("without Content-Length"));
        assert!(errors([whole.clone(), b"nonsense".to_vec()].concat())[0].contains("where a record should begin"));
        assert!(errors("\n".repeat(5000).into_bytes())[0].contains("blank lines"));
        let huge = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\nx".to_vec();
        assert!(errors(huge)[0].contains("cut"));
        assert!(errors(Vec::new())[0].contains("no page"));
    }
}
