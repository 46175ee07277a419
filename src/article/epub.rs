//! EPUB: a book is one article, its documents in reading order, by `rbook`.

use super::draft::Draft;
use super::open::Origin;
use super::zipped::Zipped;
use super::{Article, Meta, decode, guard, html, nesting};
use crate::error::{Error, Result};
use rbook::Epub;
use std::io::Cursor;

/// The article of a book.
pub(super) fn article(zipped: Zipped, origin: &Origin) -> Result<Article> {
    let limit = zipped.limit();
    // `rbook` unpacks without bounds; what it will unpack is proved to be within them before.
    let bytes = zipped.proved()?;
    guard::run("EPUB", move || draft(bytes, limit))??.finish(&origin.id, origin.path())
}

fn draft(bytes: Vec<u8>, limit: u64) -> Result<Draft> {
    let broken = |e: String| Error::new(format!("not a book that can be read: {e}")).expected("an EPUB file");
    let mut options = Epub::options();
    options.strict(false).skip_toc(true);
    let book = options.read(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let about = book.metadata();
    let list = |names: Vec<&str>| Some(names.join(", "));
    let mut draft = Draft::about(
        about.title().map(|t| t.value().to_owned()),
        Meta {
            outlet: list(about.publishers().map(|p| p.value()).collect()),
            date: about.published_entry().map(|d| d.value().to_owned()),
            url: None,
            author: list(about.creators().map(|c| c.value()).collect()),
        },
    );
    for entry in book.spine().iter() {
        let Some(document) = entry.manifest_entry() else { continue };
        if document.properties().has_property("nav") {
            continue;
        }
        let bytes = document.read_bytes().map_err(|e| broken(e.to_string()))?;
        let declared = html::declared(&bytes);
        // A picture page has no text, which is no error of the book.
        let Ok(text) = decode::decode(bytes, declared) else { continue };
        nesting::check(&text)?;
        html::blocks(&text, &mut draft);
        // One document may be listed any number of times.
        if draft.len() as u64 > limit {
            return Err(super::open::too_large(limit));
        }
    }
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::super::open::Settings;
    use super::super::zipped::{self, tests::archive};
    use super::*;
    use crate::article::Kind;

    const CONTAINER: &[u8] = br#"<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
        <rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#;
    const PACKAGE: &[u8] = br#"<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"><metadata
        xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">x</dc:identifier><dc:title>Ice</dc:title><dc:language>en</dc:language>
        <dc:creator>Ada Roe</dc:creator><dc:publisher>Harbour Press</dc:publisher><dc:date>2017-05-26</dc:date></metadata>
        <manifest><item id="b" href="two%20b.xhtml" media-type="application/xhtml+xml"/>
        <item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
        <item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>
        <spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/></spine></package>"#;

    fn book(one: &[u8]) -> Result<Article> {
        let bytes = archive(&[
            ("mimetype", b"application/epub+zip"),
            ("META-INF/container.xml", CONTAINER),
            ("OEBPS/content.opf", PACKAGE),
            ("OEBPS/nav.xhtml", b"<html><body><nav><a>One</a></nav><p>Contents</p></body></html>"),
            ("OEBPS/two b.xhtml", b"<html><body><p>No ferry left.</p></body></html>"),
            ("OEBPS/one.xhtml", one),
        ]);
        zipped::article(bytes, &Origin { id: "a.epub".into(), path: None }, &Settings { limit: 1 << 20, ..Settings::default() })
    }

    #[test]
    fn a_book_is_read_in_the_order_of_its_spine() {
        let article = book(b"<html><body><h1>Chapter one</h1><p>The ferry stayed.</p></body></html>").unwrap();
        assert_eq!(article.text, "Chapter one\n\nThe ferry stayed.\n\nNo ferry left.");
        assert_eq!(article.blocks[0].kind, Kind::Heading);
        assert_eq!(article.title.as_deref(), Some("Ice"));
        let Meta { outlet, date, author, .. } = &article.meta;
        assert_eq!((outlet.as_deref(), date.as_deref()), (Some("Harbour Press"), Some("2017-05-26")));
        assert_eq!(author.as_deref(), Some("Ada Roe"));
    }

    #[test]
    fn bombs_and_towers_and_damage_are_errors() {
        assert!(book(&vec![b'x'; 2 << 20]).unwrap_err().to_string().contains("larger than 1 MiB"));
        assert!(book("<div>".repeat(100_000).as_bytes()).unwrap_err().to_string().contains("nested"));
        let cut = archive(&[("META-INF/container.xml", &CONTAINER[..80])]);
        assert!(zipped::article(cut, &Origin { id: "a".into(), path: None }, &Settings::default()).is_err());
    }
}
