//! PDF with a text layer, by `pdf-extract`: characters with their places become lines, lines become paragraphs.

use super::draft::Draft;
use super::open::Origin;
use super::{Article, Kind, guard, text};
use crate::error::{Error, Result};
use pdf_extract::{Dictionary, Document, MediaBox, Object, ObjectId, OutputDev, OutputError, Transform, output_doc};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

/// Bytes that all streams of a file, pictures apart, may unpack to: 256 MiB.
const MAX_UNPACKED: u64 = 256 << 20;
/// Characters that a file may show: more than the longest book.
const MAX_CHARACTERS: usize = 20_000_000;
/// Forms within forms.
const MAX_FORMS: usize = 30;

/// The article of a PDF.
pub(super) fn article(bytes: Vec<u8>, origin: &Origin) -> Result<Article> {
    check_streams(&bytes, MAX_UNPACKED)?;
    let draft = guard::run("PDF", move || draft(&bytes))??;
    if draft.len() == 0 {
        return Err(Error::new("no text in this PDF").expected("a text layer").hint("it may be a scan: run OCR over it first"));
    }
    draft.finish(&origin.id, origin.path())
}

fn draft(bytes: &[u8]) -> Result<Draft> {
    let broken = |e: &dyn std::fmt::Display| Error::new(format!("a PDF that cannot be read: {e}"));
    let mut document = Document::load_mem(bytes).map_err(|e| broken(&e))?;
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(Error::new("the PDF is locked with a password").hint("unlock it first, for instance with qpdf --decrypt"));
    }
    clear_forms(&mut document);
    let mut draft = Draft::default();
    let about = document.trailer.get(b"Info").ok().and_then(|o| document.dereference(o).ok()).and_then(|(_, o)| o.as_dict().ok());
    let entry = |name: &[u8]| about.and_then(|d| d.get(name).ok()).and_then(|o| pdf_extract::decode_text_string(o).ok());
    // Programs write the name of a file here as often as a title.
    draft.title = entry(b"Title").filter(|t| t.trim().contains(' '));
    draft.meta.author = entry(b"Author");
    draft.meta.date = entry(b"CreationDate").and_then(|d| d.strip_prefix("D:").and_then(|d| d.get(..8)).map(str::to_owned));
    let mut page = Lines::default();
    output_doc(&document, &mut page).map_err(|e| broken(&e))?;
    page.end_line();
    paragraphs(&without_running_heads(page.lines), &mut draft);
    Ok(draft)
}

/// Empties pictures, which `pdf-extract` would read as if they were text, and forms that show themselves or are nested
/// without end, on which it would recurse without end.
fn clear_forms(document: &mut Document) {
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut clear: HashSet<ObjectId> = HashSet::new();
    for (id, object) in &document.objects {
        let Ok(stream) = object.as_stream() else { continue };
        match stream.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Image") => {
                clear.insert(*id);
            }
            _ => match resources(document, &stream.dict) {
                Some(resources) => {
                    children.insert(*id, shown(document, resources));
                }
                // It shows what its page has; that may be itself.
                None => {
                    let form = matches!(stream.dict.get(b"Subtype").and_then(Object::as_name), Ok(b"Form"));
                    let content = || stream.get_plain_content().unwrap_or_default();
                    if form && content().windows(3).any(|w| w[1..] == *b"Do" && w[0].is_ascii_whitespace()) {
                        clear.insert(*id);
                    }
                }
            },
        }
    }
    // Depth of each form by repeated passes from the leaves; what has none after MAX_FORMS passes is too deep, or in a circle.
    let mut done: HashSet<ObjectId> = HashSet::new();
    for _ in 0..MAX_FORMS {
        let ready: Vec<ObjectId> = children
            .iter()
            .filter(|(id, c)| !done.contains(*id) && c.iter().all(|c| !children.contains_key(c) || done.contains(c)))
            .map(|(id, _)| *id)
            .collect();
        if ready.is_empty() {
            break;
        }
        done.extend(ready);
    }
    clear.extend(children.keys().filter(|id| !done.contains(*id)));
    for id in clear {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.dict.remove(b"Filter");
            stream.set_content(Vec::new());
        }
    }
}

fn resources<'a>(document: &'a Document, dict: &'a Dictionary) -> Option<&'a Dictionary> {
    document.dereference(dict.get(b"Resources").ok()?).ok()?.1.as_dict().ok()
}

/// The forms and pictures that a resource dictionary names.
fn shown(document: &Document, resources: &Dictionary) -> Vec<ObjectId> {
    let named = resources.get(b"XObject").ok().and_then(|o| document.dereference(o).ok()).and_then(|(_, o)| o.as_dict().ok());
    named.map(|d| d.iter().filter_map(|(_, o)| o.as_reference().ok()).collect()).unwrap_or_default()
}

/// Refuses a file whose streams unpack to more than `limit` bytes: `lopdf` unpacks without bounds.
///
/// Every stream follows the word `stream`, and its filters stand in the dictionary before it; that is all that is looked at.
fn check_streams(bytes: &[u8], limit: u64) -> Result<()> {
    let mut left = limit;
    let mut at = 0;
    while let Some(next) = bytes[at..].windows(6).position(|w| w == b"stream") {
        let keyword = at + next;
        at = keyword + 6;
        if bytes[..keyword].ends_with(b"end") {
            continue;
        }
        let before = &bytes[keyword.saturating_sub(1024)..keyword];
        let dict = before.windows(4).rposition(|w| w == b" obj").map_or(before, |n| &before[n..]);
        let has = |name: &[u8]| dict.windows(name.len()).any(|w| w == name);
        let picture = has(b"/Image") && !has(b"/ObjStm") && !has(b"/XRef") && !has(b"#");
        if picture {
            continue;
        }
        let data = &bytes[at..];
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        left = left
            .checked_sub(unpacked(data, &has, left))
            .ok_or_else(|| Error::new(format!("the PDF unpacks to more than {} MiB", limit >> 20)).hint("convert it to text"))?;
    }
    Ok(())
}

/// How much a stream unpacks to; no more than `most + 1` is counted.
fn unpacked(data: &[u8], has: &dyn Fn(&[u8]) -> bool, most: u64) -> u64 {
    let decoded = if has(b"/ASCII85Decode") || has(b"/A85") {
        ascii85(data)
    } else if has(b"/ASCIIHexDecode") || has(b"/AHx") {
        hex(data)
    } else {
        Vec::new()
    };
    let data = if decoded.is_empty() { data } else { &decoded };
    let count = |reader: Box<dyn Read + '_>| {
        // What was unpacked before damage counts, and damage is for the reader to find.
        let mut bytes = [0; 16 << 10];
        let mut reader = reader.take(most.saturating_add(1));
        let mut n = 0;
        while let Ok(more @ 1..) = reader.read(&mut bytes) {
            n += more as u64;
        }
        n
    };
    let lzw = has(b"/LZWDecode") || has(b"/LZW");
    if lzw {
        let mut out = Counter { n: 0, most };
        // Both ways of counting bits that writers use; the larger counts.
        let _ = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).into_stream(&mut out).decode_all(data);
        return out.n;
    }
    let flate = |inner| -> Box<dyn Read + '_> { Box::new(flate2::read::ZlibDecoder::new(inner)) };
    let plain: Box<dyn Read + '_> = Box::new(data);
    let once = flate(plain);
    // A filter may be named more than once: then what comes out is packed again.
    let mut head = [0; 2];
    let twice = flate2::read::ZlibDecoder::new(data).read_exact(&mut head).is_ok() && head[0] & 0x0f == 8 && has(b"[");
    if twice { count(once) + count(flate(flate(Box::new(data)))) } else { count(once) }
}

/// Counts what is written to it, up to a bound.
struct Counter {
    n: u64,
    most: u64,
}

impl std::io::Write for Counter {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.n += buffer.len() as u64;
        if self.n > self.most { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(buffer.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// ASCII base 85 up to its end mark.
fn ascii85(data: &[u8]) -> Vec<u8> {
    let (mut out, mut word, mut n) = (Vec::new(), 0_u32, 0);
    for &b in data {
        match b {
            b'z' if n == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                word = word.wrapping_mul(85).wrapping_add(u32::from(b - b'!'));
                n += 1;
                if n == 5 {
                    out.extend(word.to_be_bytes());
                    (word, n) = (0, 0);
                }
            }
            b if b.is_ascii_whitespace() => {}
            _ => break,
        }
    }
    out
}

/// Hexadecimal digits up to their end mark.
fn hex(data: &[u8]) -> Vec<u8> {
    let digits = data.iter().take_while(|b| **b != b'>').filter_map(|b| char::from(*b).to_digit(16));
    let digits: Vec<u8> = digits.filter_map(|d| u8::try_from(d).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

/// A line of a page. Lengths are in points, `y` grows downwards.
#[derive(Debug, Clone, Default)]
struct Line {
    page: u32,
    text: String,
    left: f64,
    right: f64,
    y: f64,
    size: f64,
}

/// Gathers lines from characters.
#[derive(Debug, Default)]
struct Lines {
    lines: Vec<Line>,
    open: Line,
    page: u32,
    height: f64,
    characters: usize,
}

impl Lines {
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.open);
        if !line.text.trim().is_empty() {
            self.lines.push(line);
        }
    }
}

impl OutputDev for Lines {
    fn begin_page(&mut self, number: u32, page: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        self.end_line();
        self.page = number;
        self.height = page.ury - page.lly;
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.end_line();
        Ok(())
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        shown: &str,
    ) -> Result<(), OutputError> {
        self.characters += 1;
        if self.characters > MAX_CHARACTERS {
            return Err(OutputError::IoError(std::io::Error::other("more characters than any book has")));
        }
        let (x, y) = (place.m31, self.height - place.m32);
        // The side of a square with the area of the scaled em.
        let size = (font_size * font_size * (place.m11 * place.m22 - place.m12 * place.m21)).abs().sqrt();
        if !(x.is_finite() && y.is_finite() && size.is_finite()) {
            return Ok(());
        }
        let open = &self.open;
        if !open.text.is_empty() {
            let lower = (y - open.y).abs() > 0.5 * size.max(open.size);
            if lower || x < open.right - 2.0 * size || x > open.right + 8.0 * size.max(1.0) {
                self.end_line();
            } else if x > open.right + 0.15 * size && !open.text.ends_with(' ') {
                self.open.text.push(' ');
            }
        }
        let open = &mut self.open;
        if open.text.is_empty() {
            *open = Line { page: self.page, text: String::new(), left: x, right: x, y, size };
        }
        for c in shown.chars().filter(|c| *c != '\u{ad}') {
            match ligature(c) {
                Some(letters) => open.text.push_str(letters),
                None => open.text.push(if c.is_control() { ' ' } else { c }),
            }
        }
        open.right = x + width * size;
        open.size = open.size.max(size);
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

/// The letters of a ligature.
fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        _ => return None,
    })
}

/// Lines without those that return on most pages in the same place: running heads, page numbers.
fn without_running_heads(lines: Vec<Line>) -> Vec<Line> {
    let pages: HashSet<u32> = lines.iter().map(|l| l.page).collect();
    let key = |l: &Line| {
        let text: String = l.text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        (text.trim().replace("00", "0").replace("00", "0"), l.y.round() as i64)
    };
    let mut seen: HashMap<_, HashSet<u32>> = HashMap::new();
    for line in &lines {
        seen.entry(key(line)).or_default().insert(line.page);
    }
    let often = (pages.len() / 2).max(3);
    lines.into_iter().filter(|l| seen.get(&key(l)).is_none_or(|on| on.len() < often)).collect()
}

/// The commonest value, by weight.
fn commonest(values: impl Iterator<Item = (i64, usize)>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for (value, weight) in values {
        *counts.entry(value).or_default() += weight;
    }
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(value, _)| value)
}

/// Joins lines to paragraphs and adds these to the draft.
fn paragraphs(lines: &[Line], draft: &mut Draft) {
    let tenths = |v: f64| (v * 10.0).round() as i64;
    let size = commonest(lines.iter().map(|l| (tenths(l.size), l.text.len()))).unwrap_or(100) as f64 / 10.0;
    let gaps = lines.windows(2).filter(|p| p[0].page == p[1].page && p[1].y > p[0].y && (p[0].size - size).abs() < size * 0.1);
    let leading = commonest(gaps.map(|p| (tenths(p[1].y - p[0].y), 1))).map_or(size * 1.2, |g| g as f64 / 10.0);
    // Where the lines of the running text end.
    let right = commonest(lines.iter().map(|l| (l.right.round() as i64 / 4, l.text.len()))).unwrap_or(0) as f64 * 4.0;
    let mut open = String::new();
    let mut first: Option<&Line> = None;
    let mut last: Option<&Line> = None;
    for line in lines {
        let joins = match (first, last) {
            (Some(first), Some(last)) => continues(first, last, line, leading, right),
            _ => false,
        };
        if !joins {
            add(&open, first, size, draft);
            open.clear();
            first = Some(line);
        }
        join(&mut open, line.text.trim());
        last = Some(line);
    }
    add(&open, first, size, draft);
}

/// Whether a line goes on with the paragraph of the line before.
fn continues(first: &Line, last: &Line, line: &Line, leading: f64, right: f64) -> bool {
    let text = last.text.trim_end();
    let ended = text.ends_with(['.', '!', '?', '”', '"', ':', '…']);
    if (last.size - line.size).abs() > 0.1 * last.size || text::bullet(line.text.trim()) > 0 {
        return false;
    }
    let gap = line.y - last.y;
    if line.page != last.page || gap < -0.5 * leading {
        // The next page or column: the sentence goes on, or the line before was full.
        return !ended || line.text.trim_start().starts_with(char::is_lowercase);
    }
    let indented = line.left > first.left + 0.8 * line.size && line.left > last.left + 0.8 * line.size;
    let short = ended && last.right < right - 6.0 * last.size && last.right < line.right - 3.0 * last.size;
    gap <= leading.max(1.2 * line.size) * 1.35 && !indented && !short
}

/// Adds a line; a word divided at its end is whole again.
fn join(open: &mut String, line: &str) {
    let divided =
        open.ends_with('-') && open.trim_end_matches('-').ends_with(char::is_alphabetic) && line.starts_with(char::is_lowercase);
    if divided {
        open.pop();
    } else if !open.is_empty() {
        open.push(' ');
    }
    open.push_str(line);
}

fn add(paragraph: &str, first: Option<&Line>, size: f64, draft: &mut Draft) {
    let bullet = text::bullet(paragraph);
    let large = first.is_some_and(|l| l.size > 1.12 * size);
    let kind = if bullet > 0 {
        Kind::Item
    } else if large && paragraph.len() <= 250 && !paragraph.ends_with('.') {
        Kind::Heading
    } else {
        Kind::Sentence
    };
    draft.push(kind, &paragraph[bullet..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A PDF with one page for each content stream, Helvetica as /F, and more objects as given.
    fn pdf(pages: &[&[u8]], more: &[(u32, Vec<u8>)], xobjects: &str) -> Vec<u8> {
        let mut objects: Vec<(u32, Vec<u8>)> = vec![(1, b"<</Type/Catalog/Pages 2 0 R>>".to_vec())];
        let kids: String = (0..pages.len()).map(|i| format!("{} 0 R ", 10 + 2 * i)).collect();
        objects.push((2, format!("<</Type/Pages/Count {}/Kids[{kids}]/MediaBox[0 0 600 800]>>", pages.len()).into_bytes()));
        objects.push((3, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec()));
        objects.push((4, b"<</Title(Ice keeps ferries)/Author(Ada Roe)/CreationDate(D:20170526080000Z)>>".to_vec()));
        for (i, content) in pages.iter().enumerate() {
            let (page, stream) = (10 + 2 * i as u32, 11 + 2 * i as u32);
            let dict =
                format!("<</Type/Page/Parent 2 0 R/Contents {stream} 0 R/Resources<</Font<</F 3 0 R>>/XObject<<{xobjects}>>>>>>");
            objects.push((page, dict.into_bytes()));
            objects.push((stream, stream_of("", content)));
        }
        objects.extend(more.iter().cloned());
        let mut out = b"%PDF-1.5\n".to_vec();
        let mut places = BTreeMap::new();
        for (id, body) in &objects {
            places.insert(*id, out.len());
            out.extend(format!("{id} 0 obj\n").bytes().chain(body.iter().copied()).chain(*b"\nendobj\n"));
        }
        let start = out.len();
        out.extend(b"xref\n0 1\n0000000000 65535 f \n");
        for (id, at) in &places {
            out.extend(format!("{id} 1\n{at:010} 00000 n \n").bytes());
        }
        out.extend(format!("trailer\n<</Size 999/Root 1 0 R/Info 4 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
        out
    }

    fn stream_of(dict: &str, content: &[u8]) -> Vec<u8> {
        [format!("<<{dict}/Length {}>>\nstream\n", content.len()).as_bytes(), content, b"\nendstream"].concat()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> Result<Article> {
        article(bytes, &Origin { id: "a.pdf".into(), path: None })
    }

    const PAGE: &[u8] = b"BT /F 20 Tf 50 740 Td (Ice keeps ferries in harbour) Tj ET
        BT /F 10 Tf 50 700 Td 12 TL (The ferries of the northern line stayed in the har-) Tj T*
        (bour on Friday, since the ice had come early, the mas-) Tj T* (ter said.) Tj ET
        BT /F 10 Tf 50 640 Td (No ferry left on Saturday.) Tj ET
        BT /F 8 Tf 300 20 Td (Harbour Post page 1) Tj ET";

    #[test]
    fn lines_become_paragraphs_and_large_ones_headings() {
        let article = read(pdf(&[PAGE], &[], "")).unwrap();
        let blocks: Vec<_> = article.blocks.iter().map(|b| (&article.text[b.start..b.end], b.kind)).collect();
        assert_eq!(blocks[0], ("Ice keeps ferries in harbour", Kind::Heading));
        let joined =
            "The ferries of the northern line stayed in the harbour on Friday, since the ice had come early, the master said.";
        assert_eq!(blocks[1], (joined, Kind::Sentence));
        assert_eq!(blocks[2], ("No ferry left on Saturday.", Kind::Sentence));
        assert_eq!(article.title.as_deref(), Some("Ice keeps ferries"));
        assert_eq!(article.meta.author.as_deref(), Some("Ada Roe"));
        assert_eq!(article.meta.date.as_deref(), Some("2017-05-26"));
    }

    #[test]
    fn running_heads_are_left_out_and_sentences_go_on_over_pages() {
        let page = |n: u8, text: &str| {
            format!("BT /F 10 Tf 50 700 Td ({text}) Tj ET BT /F 8 Tf 300 20 Td (Harbour Post {n}) Tj ET").into_bytes()
        };
        let pages = [page(1, "The ferry stayed in"), page(2, "the harbour."), page(3, "It is late."), page(4, "No ferry left.")];
        let pages: Vec<&[u8]> = pages.iter().map(Vec::as_slice).collect();
        let article = read(pdf(&pages, &[], "")).unwrap();
        assert_eq!(article.text, "The ferry stayed in the harbour.\n\nIt is late.\n\nNo ferry left.");
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = deflate(&vec![b' '; 3 << 20]);
        let check = |dict: &str, data: &[u8]| check_streams(&pdf(&[PAGE], &[(30, stream_of(dict, data))], ""), 1 << 20);
        assert!(check("/Filter/FlateDecode", &bomb).unwrap_err().to_string().contains("unpacks to more than 1 MiB"));
        assert!(check("/Filter[/FlateDecode/FlateDecode]", &deflate(&bomb)).is_err());
        let hexed: Vec<u8> = bomb.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
        assert!(check("/Filter[/ASCIIHexDecode/FlateDecode]", &hexed).is_err());
        assert!(check("/Subtype/Image/Filter/FlateDecode", &bomb).is_ok(), "pictures are never unpacked");
        assert!(check("/Filter/FlateDecode", &deflate(&vec![b' '; 1 << 19])).is_ok());
    }

    #[test]
    fn forms_that_show_themselves_do_not_hang() {
        let own = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 30 0 R>>>>";
        let circle = pdf(&[&[PAGE, b" /X Do"].concat()], &[(30, stream_of(own, b"/X Do"))], "/X 30 0 R");
        assert!(read(circle).unwrap().text.contains("No ferry left"));
        let inherits = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]";
        let circle = pdf(&[&[PAGE, b" /X Do"].concat()], &[(30, stream_of(inherits, b"/X Do"))], "/X 30 0 R");
        assert!(read(circle).unwrap().text.contains("No ferry left"));
    }

    #[test]
    fn what_is_no_pdf_or_has_no_text_is_an_error() {
        assert!(read(b"%PDF-1.7 nonsense".to_vec()).is_err());
        assert!(read(pdf(&[b""], &[], "")).unwrap_err().to_string().contains("no text in this PDF"));
        let whole = pdf(&[PAGE], &[], "");
        for n in (0..whole.len()).step_by(97) {
            let _ = read(whole[..n].to_vec());
        }
    }
}
