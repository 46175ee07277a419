//! RSS and Atom files, by `feed-rs`: each entry is an article. What a feed gives is often a summary and no more.

use super::draft::Draft;
use super::open::{Articles, Origin, Settings};
use super::{Kind, Meta, decode, guard, html, meta, nesting};
use crate::error::{Error, Result};
use feed_rs::model::{Entry, Feed};

/// The articles of a feed.
pub(super) fn articles(bytes: Vec<u8>, origin: Origin, settings: &Settings) -> Result<Articles> {
    let declared = html::declared(&bytes);
    let text = decode::decode(bytes, declared)?;
    let text = recoded(&text);
    nesting::check_xml(&text)?;
    let limit = settings.limit;
    // Days as in every other format: of `feed-rs`'s own times only those of UTC are left.
    let parser =
        feed_rs::parser::Builder::new().timestamp_parser(|text| format!("{}T00:00:00Z", meta::day(text)?).parse().ok()).build();
    let feed = guard::run("feeds", move || parser.parse(text.as_bytes()).map_err(|e| e.to_string()))?
        .map_err(|e| Error::new(format!("not a feed that can be read: {e}")).expected("RSS or Atom"))?;
    let Feed { title, entries, authors, .. } = feed;
    if entries.is_empty() {
        return Err(Error::new("the feed has no entry"));
    }
    let outlet = title.map(|t| t.content);
    let author = authors.into_iter().find_map(|p| p.name);
    let mut number = 0;
    Ok(Box::new(entries.into_iter().map(move |entry| {
        number += 1;
        let (own, draft) = draft(entry, outlet.clone(), author.clone());
        let id = origin.member(own, number);
        if draft.len() as u64 > limit {
            return Err(super::open::too_large(limit).at(id));
        }
        draft.finish(&id, origin.path())
    })))
}

/// The text is UTF-8 by now: a declaration that says otherwise must not be believed.
fn recoded(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.to_owned(),
        None => text.to_owned(),
    }
}

/// Address and article of an entry.
fn draft(entry: Entry, outlet: Option<String>, author: Option<String>) -> (Option<String>, Draft) {
    let link = entry.links.iter().find(|l| l.rel.as_deref().is_none_or(|r| r == "alternate")).or(entry.links.first());
    let url = link.map(|l| l.href.clone());
    let authors: Vec<String> = entry.authors.into_iter().filter_map(|p| p.name).filter(|n| !n.trim().is_empty()).collect();
    let mut draft = Draft::about(
        None,
        Meta {
            outlet: entry.source.or(outlet),
            date: entry.published.or(entry.updated).map(|d| d.date_naive().to_string()),
            url: url.clone(),
            author: if authors.is_empty() { author } else { Some(authors.join(", ")) },
        },
    );
    if let Some(title) = entry.title {
        // A title may hold entities and tags.
        let mut plain = Draft::default();
        html::blocks(&title.content, &mut plain);
        draft.title = plain.first().map(str::to_owned);
        if let Some(title) = draft.title.clone() {
            draft.push(Kind::Heading, &title);
        }
    }
    let body = entry.content.and_then(|c| c.body).or(entry.summary.map(|s| s.content)).unwrap_or_default();
    if nesting::check(&body).is_ok() {
        html::blocks(&body, &mut draft);
    }
    // `feed-rs` makes up ids where there are none, so that only an address is a name.
    (url, draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;

    fn read(text: &str) -> Vec<Article> {
        let origin = Origin { id: "f.rss".into(), path: None };
        articles(text.into(), origin, &Settings::default()).unwrap().map(|a| a.unwrap()).collect()
    }

    #[test]
    fn days_are_those_of_the_writer_as_in_every_format() {
        let item = |date: &str| format!("<item><title>Ice</title><pubDate>{date}</pubDate></item>");
        let dates = ["Fri, 26 May 2017 23:32:00 -0400", "26th May 2017", "2017-05-26T23:32:00-04:00", "03/05/2017"];
        let feed = format!(r#"<rss version="2.0"><channel><title>Post</title>{}</channel></rss>"#, dates.map(item).concat());
        let days: Vec<_> = read(&feed).into_iter().map(|a| a.meta.date).collect();
        let day = Some("2017-05-26".to_owned());
        assert_eq!(days, [day.clone(), day.clone(), day, None]);
    }

    #[test]
    fn rss_entries_are_articles() {
        let feed = r#"<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><title>Harbour Post</title>
            <item><title>Ice &amp; ferries</title><link>https://example.org/1</link><pubDate>Fri, 26 May 2017 08:00:00 GMT</pubDate>
            <description><![CDATA[<p>The ferry stayed.</p><p>It is <b>late</b> in Malmö.</p>]]></description></item>
            <item><title>Wind</title><description>No ferry left.</description></item></channel></rss>"#;
        let found = read(feed);
        assert_eq!(found[0].id, "https://example.org/1");
        assert_eq!(found[0].text, "Ice & ferries\n\nThe ferry stayed.\n\nIt is late in Malmö.");
        assert_eq!(found[0].title.as_deref(), Some("Ice & ferries"));
        assert_eq!(found[0].meta.outlet.as_deref(), Some("Harbour Post"));
        assert_eq!(found[0].meta.date.as_deref(), Some("2017-05-26"));
        assert_eq!(found[1].text, "Wind\n\nNo ferry left.");
    }

    #[test]
    fn atom_entries_are_articles() {
        let feed = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Post</title><id>x</id><updated>2017-05-26T08:00:00Z</updated>
            <entry><id>e1</id><title>Ice</title><author><name>Ada Roe</name></author><link href="https://example.org/1"/>
            <published>2017-05-25T08:00:00Z</published><content type="html">&lt;p&gt;The ferry stayed.&lt;/p&gt;</content></entry></feed>"#;
        let found = read(feed);
        assert_eq!(found[0].text, "Ice\n\nThe ferry stayed.");
        assert_eq!(found[0].meta.author.as_deref(), Some("Ada Roe"));
        assert_eq!(found[0].meta.date.as_deref(), Some("2017-05-25"));
    }

    #[test]
    fn broken_and_empty_feeds_are_errors() {
        for text in ["<rss", "<rss><channel><title>x</title></channel></rss>", "<feed>"] {
            assert!(articles(text.into(), Origin { id: "f".into(), path: None }, &Settings::default()).is_err(), "{text}");
        }
        let deep = format!("<rss><channel>{}", "<item>".repeat(100_000));
        let error = articles(deep.into(), Origin { id: "f".into(), path: None }, &Settings::default()).err().unwrap();
        assert!(error.to_string().contains("nested"), "{error}");
    }
}
