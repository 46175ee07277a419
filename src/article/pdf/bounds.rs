//! Bounds on a PDF before `pdf-extract` reads it: what its streams unpack to, and what its pages make the reader do.
//!
//! The reader unpacks streams whole, keeps every operator of a page in memory, and follows forms and parents wherever they
//! lead. Each has its bound here, so that a file of some kilobytes cannot take gigabytes or run without end.

use crate::error::{Error, Result};
use pdf_extract::{Dictionary, Document, Object, ObjectId};
use std::collections::{HashMap, HashSet};
use std::io::Read;

/// Bytes that all streams of a file, pictures apart, may unpack to, and bytes of content that all its pages may show: 256 MiB.
pub(super) const MAX_UNPACKED: u64 = 256 << 20;
/// Bytes of content of one page or form: 8 MiB. The reader needs up to a hundred times as much memory.
const MAX_CONTENT: u64 = 8 << 20;
/// Graphics states that may be saved at once; the standard asks readers for 28.
const MAX_SAVES: u64 = 10_000;
/// Forms within forms.
const MAX_FORMS: usize = 30;
/// Nodes of the page tree from a page to the root.
const MAX_PARENTS: usize = 200;

/// What a content stream asks of its reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Content {
    bytes: u64,
    /// The most graphics states that it has saved at once (`q` without `Q`).
    saves: u64,
    /// Forms and pictures shown (`Do`).
    shows: u64,
}

impl Content {
    /// Counts operators, those in strings too: that may be too many, but what hides behind a string is never missed.
    fn of(bytes: &[u8]) -> Self {
        let mut content = Self { bytes: bytes.len() as u64, ..Self::default() };
        let mut saved = 0_u64;
        for word in bytes.split(|b| !(b.is_ascii_alphabetic() || matches!(b, b'*' | b'\'' | b'"'))) {
            match word {
                b"q" => {
                    saved += 1;
                    content.saves = content.saves.max(saved);
                }
                b"Q" => saved = saved.saturating_sub(1),
                b"Do" => content.shows += 1,
                _ => {}
            }
        }
        content
    }
}

/// Refuses pages that would take too much memory or time, and empties what must not be shown: pictures, which `pdf-extract`
/// would read as if they were text, and forms that show themselves or are nested without end.
pub(super) fn tame(document: &mut Document) -> Result<()> {
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    let mut contents = Contents::default();
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut clear: HashSet<ObjectId> = HashSet::new();
    for (id, object) in &document.objects {
        let Ok(stream) = object.as_stream() else { continue };
        if matches!(stream.dict.get(b"Subtype").and_then(Object::as_name), Ok(b"Image")) {
            clear.insert(*id);
        } else if let Some(resources) = resources(document, &stream.dict) {
            children.insert(*id, shown(document, resources));
        }
    }
    let of_pages: HashMap<ObjectId, Vec<ObjectId>> = pages
        .iter()
        .map(|page| Ok((*page, inherited_resources(document, *page)?.map_or_else(Vec::new, |r| shown(document, r)))))
        .collect::<Result<_>>()?;
    let targets: Vec<ObjectId> = children.values().chain(of_pages.values()).flatten().copied().collect();
    for target in targets {
        // A form without resources shows what its page has; that may be itself.
        if !children.contains_key(&target) && !clear.contains(&target) {
            if contents.of(document, target).shows > 0 {
                clear.insert(target);
            } else {
                children.insert(target, Vec::new());
            }
        }
    }
    // What each form shows with all that is in it, from the leaves; what has no sum after MAX_FORMS passes is too deep, or in
    // a circle.
    let mut sums: HashMap<ObjectId, u64> = HashMap::new();
    for _ in 0..MAX_FORMS {
        let open = |c: &ObjectId| children.contains_key(c) && !sums.contains_key(c);
        let ready: Vec<ObjectId> = children.iter().filter(|(id, c)| open(id) && !c.iter().any(open)).map(|(id, _)| *id).collect();
        if ready.is_empty() {
            break;
        }
        for id in ready {
            let content = contents.of(document, id);
            content.check()?;
            let sum = content.sum(children.get(&id).map_or(&[], Vec::as_slice), &sums);
            sums.insert(id, sum);
        }
    }
    clear.extend(children.keys().filter(|id| !sums.contains_key(*id)));
    sums.retain(|id, _| !clear.contains(id));
    let mut total = 0_u64;
    for page in pages {
        let mut whole = Content::default();
        for stream in document.get_page_contents(page) {
            let part = contents.of(document, stream);
            whole.bytes = whole.bytes.saturating_add(part.bytes);
            whole.saves = whole.saves.saturating_add(part.saves);
            whole.shows = whole.shows.saturating_add(part.shows);
        }
        whole.check()?;
        total = total.saturating_add(whole.sum(of_pages.get(&page).map_or(&[], Vec::as_slice), &sums));
        if total > MAX_UNPACKED {
            return Err(refused(&format!("pages that show more than {} MiB of content", MAX_UNPACKED >> 20)));
        }
    }
    for id in clear {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.dict.remove(b"Filter");
            stream.set_content(Vec::new());
        }
    }
    Ok(())
}

impl Content {
    fn check(self) -> Result<()> {
        if self.bytes > MAX_CONTENT {
            return Err(refused(&format!("a page with more than {} MiB of content", MAX_CONTENT >> 20)));
        }
        if self.saves > MAX_SAVES {
            return Err(refused(&format!("a page that saves its state more than {MAX_SAVES} times over")));
        }
        Ok(())
    }

    /// Its bytes and those of what it shows, each time that it shows something as much as the largest form that it may show.
    fn sum(self, shown: &[ObjectId], sums: &HashMap<ObjectId, u64>) -> u64 {
        let largest = shown.iter().filter_map(|id| sums.get(id)).max().copied().unwrap_or(0);
        // Even nothing takes time to show.
        self.bytes.saturating_add(self.shows.saturating_mul(largest.saturating_add(16)))
    }
}

/// What streams hold, each unpacked once.
#[derive(Debug, Default)]
struct Contents(HashMap<ObjectId, Content>);

impl Contents {
    fn of(&mut self, document: &Document, id: ObjectId) -> Content {
        *self.0.entry(id).or_insert_with(|| {
            let stream = document.get_object(id).and_then(Object::as_stream);
            stream.map_or_else(|_| Content::default(), |s| Content::of(&s.get_plain_content().unwrap_or_default()))
        })
    }
}

fn refused(found: &str) -> Error {
    Error::new(format!("the PDF has {found}")).hint("convert it to text")
}

fn resources<'a>(document: &'a Document, dict: &'a Dictionary) -> Option<&'a Dictionary> {
    document.dereference(dict.get(b"Resources").ok()?).ok()?.1.as_dict().ok()
}

/// The resources of a page, its own or those of a parent; an error if its parents do not come to an end.
fn inherited_resources(document: &Document, page: ObjectId) -> Result<Option<&Dictionary>> {
    let mut found = None;
    let mut node = document.get_dictionary(page).ok();
    for _ in 0..MAX_PARENTS {
        let Some(dict) = node else { return Ok(found) };
        found = found.or_else(|| resources(document, dict));
        node = dict.get(b"Parent").and_then(Object::as_reference).and_then(|id| document.get_dictionary(id)).ok();
    }
    Err(refused(&format!("a page with more than {MAX_PARENTS} parents")))
}

/// The forms and pictures that a resource dictionary names.
fn shown(document: &Document, resources: &Dictionary) -> Vec<ObjectId> {
    let named = resources.get(b"XObject").ok().and_then(|o| document.dereference(o).ok()).and_then(|(_, o)| o.as_dict().ok());
    named.map(|d| d.iter().filter_map(|(_, o)| document.dereference(o).ok()?.0).collect()).unwrap_or_default()
}

/// Refuses a file whose streams unpack to more than `limit` bytes: `lopdf` unpacks without bounds.
///
/// Every stream follows the word `stream`, and its filters stand in the dictionary before it; that is all that is looked at.
pub(super) fn check_streams(bytes: &[u8], limit: u64) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{PAGE, deflate, pdf, read, stream_of};
    use super::*;

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
    fn operators_are_counted_wherever_they_stand() {
        assert_eq!(Content::of(b"q 1 0 0 1 5 5 cm q(q)Q/X Do"), Content { bytes: 27, saves: 3, shows: 1 });
        assert_eq!(Content::of(b"q1 g Q q\nBT(qa)' Q"), Content { bytes: 18, saves: 1, shows: 0 });
    }

    #[test]
    fn pages_that_would_take_gigabytes_or_hours_are_refused() {
        let error = |bytes: Vec<u8>| read(bytes).unwrap_err().to_string();
        assert!(error(pdf(&[&b"q ".repeat(20_000)], &[], "")).contains("saves its state"));
        assert!(error(pdf(&[&b"BT ET ".repeat(2 << 20)], &[], "")).contains("more than 8 MiB"));
        // Ten forms, each of which shows the next ten times.
        let forms: Vec<(u32, Vec<u8>)> = (30..40)
            .map(|n| {
                let dict = format!("/Subtype/Form/Resources<</XObject<</X {} 0 R>>>>", n + 1);
                (n, stream_of(&dict, &b"/X Do ".repeat(10)))
            })
            .chain([(40, stream_of("/Subtype/Form", b"q Q"))])
            .collect();
        assert!(error(pdf(&[b"/X Do"], &forms, "/X 30 0 R")).contains("show more than 256 MiB"));
        // A page that is its own parent.
        let page = String::from_utf8(pdf(&[PAGE], &[], " ")).unwrap();
        let circle = page.replace("/Parent 2 0 R", "/Parent 10 0 R").replace("/XObject<< >>", "/XObject<<>>");
        assert_eq!(page.len(), circle.len(), "the table of places still holds");
        assert!(error(circle.into_bytes()).contains("parents"));
    }
}
