//! PDF with a text layer, by `pdf-extract`: characters with their places become lines, lines become paragraphs.

mod bounds;

use super::draft::Draft;
use super::open::Origin;
use super::{Article, Kind, guard, text};
use crate::error::{Error, Result};
use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform, output_doc};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Characters that a file may show: more than the longest book.
const MAX_CHARACTERS: usize = 10_000_000;
/// Lines that they may make.
const MAX_LINES: usize = 1_000_000;

/// The article of a PDF.
pub(super) fn article(bytes: Vec<u8>, origin: &Origin) -> Result<Article> {
    bounds::check_streams(&bytes, bounds::MAX_UNPACKED)?;
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
    bounds::tame(&mut document)?;
    let mut draft = Draft::default();
    let about = document.trailer.get(b"Info").ok().and_then(|o| document.dereference(o).ok()).and_then(|(_, o)| o.as_dict().ok());
    let entry = |name: &[u8]| about.and_then(|d| d.get(name).ok()).and_then(|o| pdf_extract::decode_text_string(o).ok());
    // Programs write the name of a file here as often as a title.
    draft.title = entry(b"Title").filter(|t| t.trim().contains(' '));
    // Some programs write a word in brackets for the author that they do not know.
    draft.meta.author = entry(b"Author").filter(|a| !a.starts_with('('));
    draft.meta.date = entry(b"CreationDate").and_then(|d| d.strip_prefix("D:").and_then(|d| d.get(..8)).map(str::to_owned));
    let mut page = Lines::default();
    output_doc(&document, &mut page).map_err(|e| broken(&e))?;
    page.end_line();
    paragraphs(&without_running_heads(page.lines), &mut draft);
    Ok(draft)
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
        if self.characters > MAX_CHARACTERS || self.lines.len() > MAX_LINES {
            return Err(OutputError::IoError(std::io::Error::other("more characters or lines than any book has")));
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

/// The commonest value, by weight; the smallest of several.
fn commonest(values: impl Iterator<Item = (i64, usize)>) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for (value, weight) in values {
        *counts.entry(value).or_default() += weight;
    }
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map(|(value, _)| value)
}

/// Joins lines to paragraphs and adds these to the draft.
fn paragraphs(lines: &[Line], draft: &mut Draft) {
    let tenths = |v: f64| (v * 10.0).round() as i64;
    let size = commonest(lines.iter().map(|l| (tenths(l.size), l.text.len()))).unwrap_or(100) as f64 / 10.0;
    let gap = |p: &[Line]| (tenths(p[1].y - p[0].y), 1);
    let gaps = || {
        let body = |p: &&[Line]| p[0].page == p[1].page && p[1].y > p[0].y && (p[0].size - size).abs() < size * 0.1;
        lines.windows(2).filter(body)
    };
    // Within a sentence there is no gap between paragraphs, of which a short text has more than of others.
    let within = commonest(gaps().filter(|p| !ends_sentence(&p[0])).map(gap));
    let leading = within.or_else(|| commonest(gaps().map(gap))).map_or(size * 1.2, |g| g as f64 / 10.0);
    // Where the lines of the running text end.
    let right = commonest(lines.iter().map(|l| (l.right.round() as i64 / 4, l.text.len()))).unwrap_or(0) as f64 * 4.0;
    let body = Body { size, leading, right };
    let mut open = String::new();
    let mut first: Option<&Line> = None;
    let mut last: Option<&Line> = None;
    for line in lines {
        let joins = match (first, last) {
            (Some(first), Some(last)) => continues(first, last, line, &body),
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

/// How the running text is set, in points.
struct Body {
    size: f64,
    /// From line to line.
    leading: f64,
    /// Where full lines end.
    right: f64,
}

fn ends_sentence(line: &Line) -> bool {
    line.text.trim_end().ends_with(['.', '!', '?', '”', '"', ':', '…'])
}

/// Whether a line is set larger than the running text, as headings are.
fn is_large(line: &Line, size: f64) -> bool {
    line.size > 1.12 * size
}

/// Whether a line goes on with the paragraph of the line before.
fn continues(first: &Line, last: &Line, line: &Line, body: &Body) -> bool {
    let &Body { size, leading, right } = body;
    let ended = ends_sentence(last);
    if (last.size - line.size).abs() > 0.1 * last.size || text::bullet(line.text.trim()) > 0 {
        return false;
    }
    let gap = line.y - last.y;
    if line.page != last.page || gap < -0.5 * leading {
        // The next page or column: the sentence goes on, or the line before was full.
        return !ended || line.text.trim_start().starts_with(char::is_lowercase);
    }
    // Lines of a heading may be centred.
    let set_in = line.left > first.left + 0.8 * line.size && line.left > last.left + 0.8 * line.size;
    let indented = set_in && (ended || !is_large(line, size));
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
    let large = first.is_some_and(|l| is_large(l, size));
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
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// A PDF with one page for each content stream, Helvetica as /F, and more objects as given.
    pub fn pdf(pages: &[&[u8]], more: &[(u32, Vec<u8>)], xobjects: &str) -> Vec<u8> {
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

    pub fn stream_of(dict: &str, content: &[u8]) -> Vec<u8> {
        [format!("<<{dict}/Length {}>>\nstream\n", content.len()).as_bytes(), content, b"\nendstream"].concat()
    }

    pub fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    pub fn read(bytes: Vec<u8>) -> Result<Article> {
        article(bytes, &Origin { id: "a.pdf".into(), path: None })
    }

    pub const PAGE: &[u8] = b"BT /F 20 Tf 50 740 Td (Ice keeps ferries in harbour) Tj ET
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
    fn paragraphs_of_a_short_text_stand_apart() {
        let page: &[u8] = b"BT /F 10 Tf 50 700 Td (The ferry stayed in) Tj 0 -12 Td (the harbour.) Tj ET
            BT /F 10 Tf 50 662 Td (- Two ferries lie at the pier.) Tj ET
            BT /F 10 Tf 50 636 Td (- One ferry lies in dock.) Tj ET
            BT /F 10 Tf 50 610 Td (It is late.) Tj ET";
        let article = read(pdf(&[page], &[], "")).unwrap();
        assert_eq!(
            article.text,
            "The ferry stayed in the harbour.\n\nTwo ferries lie at the pier.\n\nOne ferry lies in dock.\n\nIt is late."
        );
        assert_eq!(article.blocks[3].kind, Kind::Sentence);
    }

    #[test]
    fn headings_may_be_centred_over_several_lines() {
        let page: &[u8] = b"BT /F 18 Tf 60 740 Td (Ice keeps the ferries in) Tj 50 -22 Td (harbour) Tj ET
            BT /F 10 Tf 50 700 Td (The ferry stayed in) Tj 0 -12 Td (the harbour on Friday.) Tj ET";
        let article = read(pdf(&[page], &[], "")).unwrap();
        assert_eq!(article.text, "Ice keeps the ferries in harbour\n\nThe ferry stayed in the harbour on Friday.");
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
    fn what_is_no_pdf_or_has_no_text_is_an_error() {
        assert!(read(b"%PDF-1.7 nonsense".to_vec()).is_err());
        assert!(read(pdf(&[b""], &[], "")).unwrap_err().to_string().contains("no text in this PDF"));
        let whole = pdf(&[PAGE], &[], "");
        for n in (0..whole.len()).step_by(97) {
            let _ = read(whole[..n].to_vec());
        }
    }
}
