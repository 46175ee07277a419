//! HTML pages: the article is found by `trafilatura`, its blocks are read from the tree that it gives back.

use super::draft::Draft;
use super::open::Origin;
use super::{Article, Kind, Meta, decode, guard, nesting};
use crate::error::Result;
use ego_tree::iter::Edge;
use encoding_rs::Encoding;
use scraper::{Html, Node};
use trafilatura::{Options, extract};

/// How much of a page is searched for the encoding that it declares: what browsers search.
const DECLARED_IN: usize = 1024;

/// Stands before a caption while the page is with `trafilatura`, which would leave out what it knows to be one. A code point
/// that has no meaning.
const MARK: char = '\u{10fff0}';

/// The article of a page. `encoding`: what the server said.
pub(super) fn article(bytes: Vec<u8>, encoding: Option<&'static Encoding>, origin: &Origin) -> Result<Article> {
    let declared = encoding.or_else(|| declared(&bytes));
    let html = decode::decode(bytes, declared)?;
    nesting::check(&html)?;
    guard::run("HTML", move || draft(&html))?.finish(&origin.id, origin.path())
}

/// The encoding that a page or an XML file declares at its beginning.
pub(super) fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_IN)]).to_ascii_lowercase();
    let name = |mark: &str| {
        let rest = head.split_once(mark)?.1.trim_start_matches(['"', '\'', ' ']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))).unwrap_or(rest.len());
        Encoding::for_label(&rest.as_bytes()[..end])
    };
    name("charset=").or_else(|| if head.trim_start_matches('\u{feff}').starts_with("<?xml") { name("encoding=") } else { None })
}

fn draft(html: &str) -> Draft {
    let mut draft = Draft::default();
    let options = Options::default().with_fallback(true).with_exclude_comments(true).with_exclude_tables(true);
    let marked = with_marked_captions(html);
    if let Ok(found) = extract(&marked, &options) {
        let about = found.metadata;
        draft.title = Some(about.title).filter(|t| !t.is_empty());
        draft.meta = Meta {
            outlet: [about.sitename, about.hostname].into_iter().find(|o| !o.is_empty()),
            date: about.date.map(|d| d.to_string()),
            url: Some(about.url),
            author: Some(about.author),
        };
        let body = unglued(pieces(&found.content_html), &marked);
        // The headline stands outside of what is extracted, mostly.
        if let (Some((_, first)), Some(title)) = (body.first(), draft.title.clone())
            && letters(first) != letters(&title)
        {
            draft.push(Kind::Heading, &title);
        }
        body.iter().for_each(|(kind, text)| draft.push(*kind, text));
    }
    if draft.len() == 0 {
        // Nothing that looks like an article: all of the page but what surely is none.
        blocks(html, &mut draft);
    }
    draft
}

/// The page with its figures as plain elements and their captions as marked paragraphs.
fn with_marked_captions(html: &str) -> String {
    let html = html.replace(MARK, "");
    let small = html.to_ascii_lowercase();
    let mut out = String::with_capacity(html.len() + 1024);
    let mut at = 0;
    while let Some(n) = small[at..].find('<') {
        let tag = at + n;
        out.push_str(&html[at..tag]);
        let rest = &small[tag..];
        let to_end = || rest.find('>').map_or(rest.len(), |n| n + 1);
        let (length, instead) = if rest.starts_with("<figcaption") {
            (to_end(), format!("<p>{MARK}"))
        } else if rest.starts_with("</figcaption") {
            (to_end(), "</p>".to_owned())
        } else if rest.starts_with("<figure") {
            ("<figure".len(), "<div".to_owned())
        } else if rest.starts_with("</figure") {
            ("</figure".len(), "</div".to_owned())
        } else {
            (1, "<".to_owned())
        };
        out.push_str(&instead);
        at = tag + length;
    }
    out.push_str(&html[at..]);
    out
}

/// What is extracted from a short page has no more blocks than these, nor the page itself more than those.
const SHORT: (usize, usize) = (20, 500);

/// Blocks that `trafilatura` has run together, apart again: from short pages it gives back bare text. A block that is none of the page's, but
/// all that follow one another in some part of it, becomes those.
fn unglued(body: Vec<(Kind, String)>, page: &str) -> Vec<(Kind, String)> {
    if body.len() > SHORT.0 {
        return body;
    }
    let of_page = pieces(page);
    if of_page.len() > SHORT.1 {
        return body;
    }
    let keys: Vec<String> = of_page.iter().map(|(_, text)| letters(text)).collect();
    let run = |glued: &str| {
        (0..keys.len()).find_map(|from| {
            let mut rest = glued;
            for (to, key) in keys.iter().enumerate().skip(from) {
                rest = rest.strip_prefix(key.as_str())?;
                if rest.is_empty() {
                    return Some(&of_page[from..=to]);
                }
            }
            None
        })
    };
    body.into_iter()
        .flat_map(|piece| match run(&letters(&piece.1)) {
            Some(parts) if parts.len() > 1 => parts.to_vec(),
            _ => vec![piece],
        })
        .collect()
}

/// A line without case, marks and space.
fn letters(s: &str) -> String {
    s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What an element does to the text in it.
enum Role {
    /// It is part of a line.
    Inline,
    /// It begins and ends a block.
    Block(Option<Kind>),
    /// It is not prose.
    Skip,
}

fn role(name: &str) -> Role {
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Role::Block(Some(Kind::Heading)),
        "li" | "dt" | "dd" => Role::Block(Some(Kind::Item)),
        "blockquote" | "quote" => Role::Block(Some(Kind::Quotation)),
        "figcaption" | "caption" => Role::Block(Some(Kind::Caption)),
        "script" | "style" | "noscript" | "template" | "svg" | "math" | "iframe" | "object" | "nav" | "form" | "button"
        | "select" | "textarea" | "head" | "title" | "pre" | "table" | "audio" | "video" | "canvas" | "footer" | "menu"
        | "dialog" => Role::Skip,
        "a" | "abbr" | "b" | "bdi" | "bdo" | "big" | "cite" | "code" | "data" | "del" | "dfn" | "em" | "font" | "i" | "ins"
        | "kbd" | "mark" | "q" | "s" | "samp" | "small" | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt" | "u"
        | "var" | "wbr" | "img" | "hi" | "ref" => Role::Inline,
        _ => Role::Block(None),
    }
}

/// Adds the blocks of HTML, or of XHTML, to a draft. Code, tables and what is not shown are in no block, as in Markdown.
pub(super) fn blocks(html: &str, draft: &mut Draft) {
    pieces(html).iter().for_each(|(kind, text)| draft.push(*kind, text));
}

/// The texts of the blocks, and the kinds that their elements give them.
fn pieces(html: &str) -> Vec<(Kind, String)> {
    let mut out = Vec::new();
    let page = Html::parse_document(html);
    let mut line = String::new();
    // Kinds of the open elements that give one, from without to within.
    let mut kinds: Vec<Kind> = Vec::new();
    let mut skipped = 0_usize;
    let mut caption = false;
    let mut flush = |line: &mut String, kinds: &[Kind]| {
        // A heading is one wherever it stands; else what is quoted stays quoted, whatever its layout.
        let kind = [Kind::Heading, Kind::Quotation].into_iter().find(|k| kinds.contains(k));
        let kind = kind.or(kinds.last().copied()).unwrap_or(Kind::Sentence);
        caption |= line.contains(MARK);
        let text = line.trim_matches(|c: char| c == MARK || c.is_whitespace());
        if !text.is_empty() {
            let kind = if std::mem::take(&mut caption) { Kind::Caption } else { kind };
            // What is no block parts none from the headline.
            if text.contains(char::is_alphanumeric) {
                out.push((kind, text.to_owned()));
            }
        }
        line.clear();
    };
    for edge in page.tree.root().traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Text(text) if opens && skipped == 0 => line.push_str(text),
            Node::Element(element) => match role(element.name()) {
                Role::Inline => {}
                Role::Skip => {
                    flush(&mut line, &kinds);
                    skipped = if opens { skipped + 1 } else { skipped.saturating_sub(1) };
                }
                Role::Block(kind) => {
                    flush(&mut line, &kinds);
                    match kind {
                        Some(kind) if opens => kinds.push(kind),
                        Some(_) => {
                            kinds.pop();
                        }
                        None => {}
                    }
                }
            },
            _ => {}
        }
    }
    flush(&mut line, &kinds);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &[u8]) -> Article {
        article(html.to_vec(), None, &Origin { id: "a.html".into(), path: None }).unwrap()
    }

    fn shown(article: &Article) -> Vec<(&str, Kind)> {
        article.blocks.iter().map(|b| (&article.text[b.start..b.end], b.kind)).collect()
    }

    const PAGE: &str = r#"<!DOCTYPE html><html lang="en"><head><title>Ice keeps ferries in harbour | Harbour Post</title>
        <meta property="og:title" content="Ice keeps ferries in harbour"><meta property="og:site_name" content="Harbour Post">
        <meta name="author" content="Ada Roe"><meta property="article:published_time" content="2017-05-26T08:00:00Z">
        <link rel="canonical" href="https://example.org/news/ice"></head><body>
        <nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
        <article><h1>Ice keeps ferries in harbour</h1>
        <p>The ferries of the northern line stayed in the harbour on Friday, since the ice had come early and nobody knew when it
        would go.</p><p>"We wait," the harbour master <em>said</em>, and he closed the gate behind him for the third day in a row.</p>
        <figure class="lead"><img src="ice.jpg"><FIGCAPTION>A ferry in the ice of the harbour.</FIGCAPTION></figure>
        <figure><img src="pier.jpg"><figcaption><p>The northern pier on Friday.</p></figcaption></figure>
        <h2>A cold spring</h2><p>It was the coldest spring since the line was opened, the weather service reported on Thursday.</p>
        <blockquote><p>Nobody sails against such ice, and nobody should be asked to do so.</p></blockquote>
        <ul><li>Two ferries lie at the northern pier.</li><li>One ferry lies at the southern pier.</li></ul>
        <p>The line hopes to sail again in the first week of June, if the wind turns to the south.</p></article>
        <footer><p>Copyright Harbour Post. All rights reserved.</p></footer><script>let x = "The ferry";</script></body></html>"#;

    #[test]
    fn a_page_becomes_its_article_with_metadata() {
        let article = read(PAGE.as_bytes());
        let blocks = shown(&article);
        assert_eq!(blocks[0], ("Ice keeps ferries in harbour", Kind::Heading));
        assert_eq!(blocks.iter().filter(|b| b.0 == "Ice keeps ferries in harbour").count(), 1, "{blocks:?}");
        assert!(blocks.contains(&("A cold spring", Kind::Heading)), "{blocks:?}");
        assert!(blocks.contains(&("Two ferries lie at the northern pier.", Kind::Item)), "{blocks:?}");
        assert!(blocks.iter().any(|b| b.0.starts_with("Nobody sails") && b.1 == Kind::Quotation), "{blocks:?}");
        assert!(blocks.iter().any(|b| b.0.contains("the harbour master said, and")), "{blocks:?}");
        for caption in ["A ferry in the ice of the harbour.", "The northern pier on Friday."] {
            assert!(blocks.contains(&(caption, Kind::Caption)), "{caption}: {blocks:?}");
        }
        assert!(!article.text.contains("Sport") && !article.text.contains("let x"), "{}", article.text);
        assert_eq!(article.title.as_deref(), Some("Ice keeps ferries in harbour"));
        let meta = &article.meta;
        assert_eq!(meta.outlet.as_deref(), Some("Harbour Post"));
        assert_eq!(meta.date.as_deref(), Some("2017-05-26"));
        assert_eq!(meta.author.as_deref(), Some("Ada Roe"));
        assert_eq!(meta.url.as_deref(), Some("https://example.org/news/ice"));
    }

    #[test]
    fn a_page_without_an_article_gives_its_text() {
        assert!(read(b"<html><body><p>It is late.</p></body></html>").text.contains("It is late."));
    }

    #[test]
    fn short_pages_keep_their_blocks_apart() {
        let page = "<html><head><title>Rents in town</title></head><body><article><h1>Rents in town</h1><p>The council met. Prices are \
            lower.</p><ul><li>One flat</li><li>Two flats</li></ul><h2>What next</h2><p>It meets again in May.</p></article></body></html>";
        assert_eq!(
            shown(&read(page.as_bytes())),
            [
                ("Rents in town", Kind::Heading),
                ("The council met. Prices are lower.", Kind::Sentence),
                ("One flat", Kind::Item),
                ("Two flats", Kind::Item),
                ("What next", Kind::Heading),
                ("It meets again in May.", Kind::Sentence),
            ]
        );
        let page = "<title>Rents</title><body><h1>Rents</h1><p>Rents will fall next year, the mayor said.</p></body>";
        let brief = read(page.as_bytes());
        assert_eq!(shown(&brief), [("Rents", Kind::Heading), ("Rents will fall next year, the mayor said.", Kind::Sentence)]);
    }

    #[test]
    fn the_declared_encoding_is_used() {
        let page = PAGE.replace("<head>", "<head><meta charset=iso-8859-2>").replace("harbour master", "Šárka");
        let bytes: Vec<u8> = page
            .chars()
            .map(|c| match c {
                'Š' => 0xa9,
                'á' => 0xe1,
                c => c as u8,
            })
            .collect();
        assert!(read(&bytes).text.contains("Šárka said"));
    }

    #[test]
    fn inline_elements_do_not_part_words_and_others_do() {
        let mut draft = Draft::default();
        blocks("<div>One<b>two</b><br>three<p>four<table><td>no</table><div>five</div></div>", &mut draft);
        assert_eq!(draft.finish("a", None).unwrap().text, "Onetwo\n\nthree\n\nfour\n\nfive");
    }

    #[test]
    fn a_tower_of_tags_is_refused() {
        let html = format!("<html><body>{}The ferry stayed.", "<div>".repeat(200_000));
        let error = article(html.into_bytes(), None, &Origin { id: "a".into(), path: None }).unwrap_err().to_string();
        assert!(error.contains("nested"), "{error}");
    }
}
