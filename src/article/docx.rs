//! DOCX: the paragraphs of `word/document.xml` with their styles, and what `docProps/core.xml` tells.

use super::draft::Draft;
use super::open::Origin;
use super::zipped::Zipped;
use super::{Article, Kind};
use crate::error::{Error, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;

/// The article of a document.
pub(super) fn article(mut zipped: Zipped, origin: &Origin) -> Result<Article> {
    let Some(document) = zipped.member("word/document.xml")? else {
        return Err(Error::new("no word/document.xml in the archive").expected("a DOCX file"));
    };
    let mut draft = Draft::default();
    if let Some(core) = zipped.member("docProps/core.xml")? {
        properties(&core, &mut draft)?;
    }
    let styles = match zipped.member("word/styles.xml")? {
        Some(styles) => style_names(&styles)?,
        None => HashMap::new(),
    };
    body(&document, &styles, &mut draft)?;
    draft.finish(&origin.id, origin.path())
}

fn broken(e: &quick_xml::Error, part: &str) -> Error {
    Error::new(format!("broken XML in {part}: {e}")).expected("a DOCX file")
}

/// Calls `each` for every event up to the end.
fn events(xml: &[u8], part: &str, mut each: impl FnMut(&Event<'_>)) -> Result<()> {
    let mut reader = Reader::from_reader(xml);
    loop {
        match reader.read_event().map_err(|e| broken(&e, part))? {
            Event::Eof => return Ok(()),
            event => each(&event),
        }
    }
}

/// The value of an attribute by its local name.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Text and references (`&amp;`, `&#8217;`) of an event.
fn add_text(event: &Event<'_>, to: &mut String) {
    match event {
        Event::Text(text) => to.push_str(text),
        Event::CData(text) => to.push_str(text),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => to.push(c),
            _ => {
                let name: &str = reference;
                to.push_str(quick_xml::escape::resolve_predefined_entity(name).unwrap_or(" "));
            }
        },
        _ => {}
    }
}

/// Title, author and date out of the core properties.
fn properties(xml: &[u8], draft: &mut Draft) -> Result<()> {
    let mut value = String::new();
    events(xml, "docProps/core.xml", |event| match event {
        Event::Start(_) => value.clear(),
        Event::End(end) => {
            let text = std::mem::take(&mut value);
            let text = Some(text).filter(|t| !t.trim().is_empty());
            match end.local_name().as_ref() {
                "title" => draft.title = text,
                "creator" => draft.meta.author = text,
                "created" => draft.meta.date = text,
                _ => {}
            }
        }
        other => add_text(other, &mut value),
    })
}

/// Names of the styles by their ids: ids are translated in other languages, names are not.
fn style_names(xml: &[u8]) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    let mut id = None;
    events(xml, "word/styles.xml", |event| {
        if let Event::Start(tag) | Event::Empty(tag) = event {
            match tag.local_name().as_ref() {
                "style" => id = attribute(tag, "styleId"),
                "name" => {
                    if let (Some(id), Some(name)) = (id.take(), attribute(tag, "val")) {
                        names.insert(id, name);
                    }
                }
                _ => {}
            }
        }
    })?;
    Ok(names)
}

/// The kind that a style gives its paragraphs.
fn kind_of(style: &str) -> Option<Kind> {
    let style = style.to_ascii_lowercase();
    if style.starts_with("heading") || matches!(style.as_str(), "title" | "subtitle") {
        Some(Kind::Heading)
    } else if style.contains("quote") {
        Some(Kind::Quotation)
    } else if style == "caption" {
        Some(Kind::Caption)
    } else if style.starts_with("list") {
        Some(Kind::Item)
    } else {
        None
    }
}

/// The paragraphs, without those of tables, as in every format; deleted text is gone, inserted text is there.
fn body(xml: &[u8], styles: &HashMap<String, String>, draft: &mut Draft) -> Result<()> {
    // A paragraph may hold another, in a text box: the outer one goes on behind it.
    let mut open: Vec<(String, Option<Kind>)> = Vec::new();
    let (mut tables, mut silent, mut in_text) = (0_usize, 0_usize, false);
    events(xml, "word/document.xml", |event| match event {
        Event::Start(tag) | Event::Empty(tag) => {
            let empty = matches!(event, Event::Empty(_));
            match tag.local_name().as_ref() {
                "p" if !empty => open.push((String::new(), None)),
                "tbl" if !empty => tables += 1,
                // What is kept for older programs stands there a second time.
                "Fallback" if !empty => silent += 1,
                "t" if !empty => in_text = true,
                "tab" | "br" | "cr" => {
                    if let Some((text, _)) = open.last_mut() {
                        text.push(' ');
                    }
                }
                "noBreakHyphen" => {
                    if let Some((text, _)) = open.last_mut() {
                        text.push('-');
                    }
                }
                "pStyle" => {
                    if let (Some((_, kind)), Some(id)) = (open.last_mut(), attribute(tag, "val")) {
                        *kind = kind_of(styles.get(&id).map_or(id.as_str(), String::as_str)).or(*kind);
                    }
                }
                "numPr" => {
                    if let Some((_, kind)) = open.last_mut() {
                        kind.get_or_insert(Kind::Item);
                    }
                }
                _ => {}
            }
        }
        Event::End(end) => match end.local_name().as_ref() {
            "p" => {
                if let Some((text, kind)) = open.pop()
                    && tables == 0
                    && silent == 0
                {
                    draft.push(kind.unwrap_or(Kind::Sentence), &text);
                }
            }
            "tbl" => tables = tables.saturating_sub(1),
            "Fallback" => silent = silent.saturating_sub(1),
            "t" => in_text = false,
            _ => {}
        },
        other if in_text => {
            if let Some((text, _)) = open.last_mut() {
                add_text(other, text);
            }
        }
        _ => {}
    })
}

#[cfg(test)]
mod tests {
    use super::super::open::Settings;
    use super::super::zipped::{self, tests::archive};
    use super::*;

    fn read(document: &str) -> Result<Article> {
        let core = r#"<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>Ice</dc:title>
            <dc:creator>Ada Roe</dc:creator><dcterms:created>2017-05-26T08:00:00Z</dcterms:created></cp:coreProperties>"#;
        let styles = r#"<w:styles xmlns:w="w"><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
            <w:style w:styleId="Zitat"><w:name w:val="Quote"/></w:style></w:styles>"#;
        let bytes = archive(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", document.as_bytes()),
            ("docProps/core.xml", core.as_bytes()),
            ("word/styles.xml", styles.as_bytes()),
        ]);
        zipped::article(bytes, &Origin { id: "a.docx".into(), path: None }, &Settings::default())
    }

    #[test]
    fn paragraphs_have_the_kind_of_their_style() {
        let article = read(
            r#"<w:document xmlns:w="w"><w:body><w:p><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr><w:r><w:t>Ice early</w:t></w:r></w:p>
            <w:p><w:r><w:t xml:space="preserve">The ferry </w:t></w:r><w:del><w:r><w:delText>left</w:delText></w:r></w:del>
            <w:r><w:t>stayed &amp; the wind&#8217;s cold.</w:t></w:r></w:p>
            <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>Two ferries</w:t></w:r></w:p>
            <w:p><w:pPr><w:pStyle w:val="Zitat"/></w:pPr><w:r><w:t>We wait.</w:t></w:r></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:body></w:document>"#,
        )
        .unwrap();
        let blocks: Vec<_> = article.blocks.iter().map(|b| (&article.text[b.start..b.end], b.kind)).collect();
        assert_eq!(
            blocks,
            [
                ("Ice early", Kind::Heading),
                ("The ferry stayed & the wind’s cold.", Kind::Sentence),
                ("Two ferries", Kind::Item),
                ("We wait.", Kind::Quotation)
            ]
        );
        assert_eq!(article.title.as_deref(), Some("Ice"));
        assert_eq!(article.meta.author.as_deref(), Some("Ada Roe"));
        assert_eq!(article.meta.date.as_deref(), Some("2017-05-26"));
    }

    #[test]
    fn broken_documents_are_errors() {
        assert!(read("<w:document><w:p></w:t>").unwrap_err().to_string().contains("broken XML in word/document.xml"));
        assert!(read("<w:document/>").unwrap_err().to_string().contains("no text"));
        // As deep as it likes: nothing here grows with depth but the list of open paragraphs.
        assert!(read(&"<w:p>".repeat(200_000)).is_err());
    }
}
