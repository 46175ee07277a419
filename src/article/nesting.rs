//! A look at the tags of a page before it is parsed: the tree of a page may be as deep as it has tags, and larger than the page.
//!
//! An HTML parser copies the open formatting elements into every new block, and looks through all open elements at every
//! tag. Pages made to hurt grow with the square of their size; here they are refused in linear time.

use crate::error::{Error, Result};
use std::collections::HashMap;

/// Elements that may be open at once. Browsers stop at 512; pages with unclosed tags have more.
const MAX_DEPTH: usize = 2000;
/// Elements that a parser might make of formatting alone.
const MAX_COPIES: usize = 4_000_000;
/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 1000;

/// Elements that are copied into each block while they are open.
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that have no content, or whose end is understood from what follows: they do not nest without others between.
#[rustfmt::skip]
const FLAT: [&str; 31] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p", "li", "dt",
    "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "html", "head", "body", "!doctype",
];
/// Elements whose content is text up to their end tag.
const RAW: [&str; 7] = ["script", "style", "textarea", "title", "iframe", "xmp", "noembed"];
/// Elements of SVG and MathML with HTML inside.
const INTEGRATION: [&str; 9] = ["foreignobject", "desc", "title", "mi", "mo", "mn", "ms", "mtext", "annotation-xml"];
/// HTML elements that end SVG and MathML where they begin (HTML standard, 13.2.6.5).
#[rustfmt::skip]
const BREAKOUT: [&str; 43] = [
    "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3", "h4", "h5",
    "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span",
    "strong", "strike", "sub", "sup", "table", "tt", "u", "ul",
];

/// Refuses a page whose tree would be too deep or too large.
pub(super) fn check(html: &str) -> Result<()> {
    let bytes = html.as_bytes();
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut formatting, mut deepest, mut most, mut tags) = (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    // In SVG or MathML, where `/>` ends an element and scripts are not raw; and the element of theirs that holds HTML again.
    let mut foreign = false;
    let mut within: Option<(String, usize)> = None;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&b| b == b'<') {
        at += next + 1;
        let rest = &bytes[at..];
        if rest.starts_with(b"!--") {
            at += find(&rest[3..], b"-->").map_or(rest.len(), |n| n + 6);
            continue;
        }
        let closing = rest.first() == Some(&b'/');
        let from = at + usize::from(closing);
        let len = bytes[from..].iter().take(20).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'!' | b'-')).count();
        if len == 0 {
            continue;
        }
        let name = String::from_utf8_lossy(&bytes[from..from + len]).to_ascii_lowercase();
        let (end, attributes) = tag_end(bytes, from + len);
        if attributes > MAX_ATTRIBUTES {
            return Err(refused(format!("a tag with more than {MAX_ATTRIBUTES} attributes")));
        }
        at = end;
        tags += 1;
        if !closing && (BREAKOUT.contains(&name.as_str()) || name == "font" && attributes > 0) {
            foreign = false;
        }
        if FLAT.contains(&name.as_str()) {
            continue;
        }
        let format = FORMATTING.contains(&name.as_str());
        let root = matches!(name.as_str(), "svg" | "math");
        if closing {
            if let Some(n) = open.get_mut(&name).filter(|n| **n > 0) {
                *n -= 1;
                depth -= 1;
                formatting -= usize::from(format);
            }
            foreign &= !root;
            if let Some((_, before)) = within.take_if(|(inner, _)| *inner == name) {
                foreign = before == depth;
            }
            continue;
        }
        if bytes[..end].ends_with(b"/>") && (foreign || root) {
            continue;
        }
        if root {
            foreign = true;
        } else if foreign && INTEGRATION.contains(&name.as_str()) {
            foreign = false;
            within = Some((name.clone(), depth));
        } else if !foreign && RAW.contains(&name.as_str()) {
            // Its end tag, or the end of the page.
            at = end_tag(bytes, at, &name).unwrap_or(bytes.len());
            continue;
        }
        *open.entry(name).or_default() += 1;
        depth += 1;
        formatting += usize::from(format);
        deepest = deepest.max(depth);
        most = most.max(formatting);
        if deepest > MAX_DEPTH {
            return Err(refused(format!("elements nested more than {MAX_DEPTH} deep")));
        }
    }
    if most.saturating_mul(tags) > MAX_COPIES {
        return Err(refused(format!("{most} open formatting elements over {tags} tags, nested")));
    }
    Ok(())
}

/// Refuses XML that is nested too deep. Its tags must match, so that counting them is enough.
#[cfg(feature = "feed")]
pub(super) fn check_xml(xml: &str) -> Result<()> {
    let bytes = xml.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(next) = bytes[at..].iter().position(|&b| b == b'<') {
        at += next + 1;
        let rest = &bytes[at..];
        let skip = |end: &[u8]| find(rest, end).map_or(rest.len(), |n| n + end.len());
        if rest.starts_with(b"!--") {
            at += skip(b"-->");
        } else if rest.starts_with(b"![CDATA[") {
            at += skip(b"]]>");
        } else if rest.first() == Some(&b'/') {
            depth = depth.saturating_sub(1);
        } else if rest.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
            let (end, attributes) = tag_end(bytes, at);
            if attributes > MAX_ATTRIBUTES {
                return Err(refused(format!("a tag with more than {MAX_ATTRIBUTES} attributes")));
            }
            depth += usize::from(!bytes[..end].ends_with(b"/>"));
            at = end;
            if depth > MAX_DEPTH {
                return Err(refused(format!("elements nested more than {MAX_DEPTH} deep")));
            }
        }
    }
    Ok(())
}

fn refused(found: String) -> Error {
    Error::new(format!("it has {found}")).expected("markup as pages and feeds have it").hint("save the text of the page instead")
}

/// Where a tag ends (one past its `>`), and how many attributes it may have.
fn tag_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut attributes = 0;
    let mut quote = None;
    let mut last = b' ';
    for (i, &b) in bytes[from..].iter().enumerate() {
        match quote {
            Some(q) if b == q => quote = None,
            Some(_) => {}
            None if b == b'>' => return (from + i + 1, attributes),
            None if matches!(b, b'"' | b'\'') && last == b'=' => quote = Some(b),
            None if b.is_ascii_whitespace() || b == b'/' => attributes += 1,
            None => {}
        }
        if quote.is_some() || !b.is_ascii_whitespace() {
            last = b;
        }
    }
    (bytes.len(), attributes)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

/// Where the end tag of a raw element begins.
fn end_tag(bytes: &[u8], from: usize, name: &str) -> Option<usize> {
    let mut at = from;
    loop {
        at += find(&bytes[at..], b"</")?;
        let rest = &bytes[at + 2..];
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_as_they_are_pass() {
        let row = "<p class=a>One <b>two</b><br/>three<li>four<td><img src='a>b'></td><script>if (a < b) { '<div>' }</script>";
        assert!(check(&row.repeat(20_000)).is_ok());
        assert!(check("<!-- <div> --> a < b <3 </p></p> <").is_ok());
        assert!(check(&"<svg><title>One</title><path/><path/></svg>".repeat(5000)).is_ok());
    }

    #[test]
    fn towers_and_copies_and_endless_tags_are_refused() {
        assert!(check(&"<div>".repeat(3000)).is_err());
        assert!(check(&"<div></x>".repeat(3000)).is_err(), "a stray end tag closes nothing");
        assert!(check(&"<div/>".repeat(3000)).is_err(), "and `/>` only in SVG");
        assert!(check(&format!("<svg><style>{}", "<section>".repeat(3000))).is_err(), "no raw text in SVG");
        for hidden in ["<svg><title>", "<svg><div/>", "<svg><foreignObject>", "<svg><title><div></title>"] {
            assert!(check(&format!("{hidden}{}", "<section/>".repeat(3000))).is_err(), "{hidden}");
        }
        assert!(check(&format!("{}{}", "<b class=x>".repeat(1000), "<p>x".repeat(5000))).is_err());
        assert!(check(&format!("<a {}>", "b ".repeat(2000))).is_err());
        assert!(check(&format!("<a{}>", "/b".repeat(2000))).is_err());
    }

    #[test]
    fn the_look_is_linear() {
        let start = std::time::Instant::now();
        for piece in ["<", "<!--", "<script>", "</script", "<a b='", "<x"] {
            let _ = check(&piece.repeat((4 << 20) / piece.len()));
        }
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }
}
