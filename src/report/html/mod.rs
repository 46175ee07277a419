//! One page that holds everything and loads nothing: charts by article, holder, date and outlet, then the articles with
//! each sentence tinted by its stance.
//!
//! What the page shows does not depend on its script, which adds filters and details: it can be read, printed and listened
//! to without. The articles go to a temporary file as they come, since the charts that stand before them need all of them.

mod chart;

use super::rollup::{Groups, Key, NO_OUTLET, UNDATED};
use super::{ArticleHead, By, Reporter, SentenceHead, Tally, Verdict, write_error};
use crate::article::Kind;
use crate::error::{Error, Result};
use crate::report::markup::escape;
use crate::stance::Stance;
use chart::Row;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Seek, Write};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Holders that the filter offers; the rest are too many for a list.
const MAX_CHOICES: usize = 500;

/// Writes the page.
pub struct Html<W> {
    out: W,
    claims: Vec<String>,
    model: String,
    /// The articles so far.
    body: BufWriter<std::fs::File>,
    article: Option<ArticleHead>,
    articles: usize,
    sentences: usize,
    /// Block and element that are open.
    block: Option<(usize, &'static str)>,
    holders: HashMap<Key, usize>,
    /// A row for each article, in reading order.
    by_article: Vec<(String, Vec<Tally>)>,
    groups: [Groups; 3],
    total: Vec<Tally>,
}

/// What is charted beside articles.
const CHARTS: [By; 3] = [By::Holder, By::Date, By::Outlet];

impl<W: Write> Html<W> {
    /// A page about these claims.
    pub fn new(out: W, model: &str, claims: &[String]) -> Result<Self> {
        let body = tempfile::tempfile().map_err(|e| Error::new(format!("cannot open a temporary file: {e}")))?;
        Ok(Self {
            out,
            claims: claims.to_vec(),
            model: model.to_owned(),
            body: BufWriter::new(body),
            article: None,
            articles: 0,
            sentences: 0,
            block: None,
            holders: HashMap::new(),
            by_article: Vec::new(),
            groups: Default::default(),
            total: vec![Tally::default(); claims.len()],
        })
    }

    fn write_article(&mut self, head: &ArticleHead) -> io::Result<()> {
        let title = head.title.as_deref().unwrap_or(&head.id);
        write!(self.body, "<article id=\"a{}\"><h2>{}</h2><p class=\"about\">", self.articles, escape(title))?;
        let meta = &head.meta;
        for value in [&meta.outlet, &meta.date, &meta.author].into_iter().flatten() {
            write!(self.body, "<span>{}</span> ", escape(value))?;
        }
        match meta.url.as_deref().filter(|u| u.starts_with("https://") || u.starts_with("http://")) {
            Some(url) => write!(self.body, "<a href=\"{0}\" rel=\"noreferrer\">{0}</a>", escape(url))?,
            None if head.title.is_some() => write!(self.body, "<span>{}</span>", escape(&head.id))?,
            None => {}
        }
        writeln!(self.body, "</p>")
    }

    fn write_sentence(&mut self, article: &ArticleHead, head: &SentenceHead, verdicts: &[Verdict]) -> io::Result<()> {
        if self.block.is_none_or(|(block, _)| block != head.block) {
            self.end_block()?;
            let (open, close) = element(head.kind);
            self.block = Some((head.block, close));
            write!(self.body, "{open}")?;
        }
        let holder = By::Holder.group(article, self.articles, head);
        let who = escape(&holder.name);
        let next = self.holders.len();
        let number = *self.holders.entry(holder).or_insert(next);
        let mut values = String::new();
        for v in verdicts {
            // Label, probability, whether it was cut, then the probability of each stance; claims parted by semicolons.
            let label = v.label.map_or("abstain", Stance::as_str);
            let _ = write!(
                values,
                "{}{label},{:.3},{}",
                if values.is_empty() { "" } else { ";" },
                v.confidence,
                u8::from(v.truncated)
            );
            for stance in Stance::ALL {
                let score = v.scores.iter().find(|(s, _)| *s == stance).map_or(0.0, |(_, p)| *p);
                let _ = write!(values, ",{score:.3}");
            }
        }
        let Some(first) = verdicts.first() else { return Ok(()) };
        let label = first.label_name();
        write!(
            self.body,
            "<mark class=\"{label}\" style=\"--c:{:.2}\" data-l=\"{label}\" data-p=\"{:.2}\" data-h=\"{number}\" data-who=\"{who}\" \
             data-v=\"{values}\"><span class=\"vh\">{label}: </span>{}</mark> ",
            first.confidence,
            first.confidence,
            escape(&head.text)
        )
    }

    fn end_block(&mut self) -> io::Result<()> {
        match self.block.take() {
            Some((_, close)) => writeln!(self.body, "{close}"),
            None => Ok(()),
        }
    }

    fn write_page(&mut self) -> io::Result<()> {
        let groups = std::mem::take(&mut self.groups);
        let mut charts = String::new();
        let titles: Vec<String> = self.by_article.iter().map(|(title, _)| title.clone()).collect();
        let rows: Vec<Row> = std::mem::take(&mut self.by_article)
            .into_iter()
            .enumerate()
            .map(|(i, (name, tallies))| Row { name, link: Some(i + 1), within: None, tallies })
            .collect();
        chart::write(&mut charts, By::Article, &rows, self.claims.len());
        let mut choices = String::new();
        for (by, groups) in CHARTS.into_iter().zip(groups) {
            let groups = groups.sorted(by);
            let title = |key: &Key| key.within.as_ref().and_then(|(n, _)| Some((*n, titles.get(n.checked_sub(1)?)?.clone())));
            if by == By::Holder {
                for (key, _) in groups.iter().take(MAX_CHOICES) {
                    let Some(number) = self.holders.get(key) else { continue };
                    let within = title(key).map_or_else(String::new, |(_, title)| format!(" in {}", escape(&title)));
                    let _ = write!(choices, "<option value=\"{number}\">{}{within}</option>", escape(&key.name));
                }
            }
            let row = |(key, tallies): (Key, Vec<Tally>)| Row { within: title(&key), name: key.name, link: None, tallies };
            let rows: Vec<Row> = groups.into_iter().map(row).collect();
            // One group of what is not known tells nothing.
            let known = rows.len() > 1 || rows.first().is_some_and(|r| !matches!(r.name.as_str(), UNDATED | NO_OUTLET));
            if known {
                chart::write(&mut charts, by, &rows, self.claims.len());
            }
        }
        let claim = self.claims.first().map_or("", String::as_str);
        let out = &mut self.out;
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Stance: {}</title>\n<style>\n{STYLE}</style></head>\n<body>\n<a class=\"skip\" href=\"#articles\">To the articles</a>\n",
            escape(claim)
        )?;
        write!(out, "<header><p class=\"eyebrow\">Stance towards the claim</p>")?;
        for (i, claim) in self.claims.iter().enumerate() {
            let hidden = if i > 0 { " hidden" } else { "" };
            write!(out, "<h1 data-claim=\"{i}\"{hidden}>{}</h1>", escape(claim))?;
        }
        writeln!(
            out,
            "<p class=\"about\"><span>{}</span> <span>{}</span> <span>model {}</span></p>",
            plural(self.articles, "article"),
            plural(self.sentences, "sentence"),
            escape(&self.model)
        )?;
        for (i, tally) in self.total.iter().enumerate() {
            let hidden = if i > 0 { " hidden" } else { "" };
            writeln!(out, "<div class=\"total\" data-claim=\"{i}\"{hidden}>{}</div>", chart::total(tally))?;
        }
        writeln!(out, "</header>\n<form class=\"filters\" aria-label=\"Filters\" hidden>")?;
        if self.claims.len() > 1 {
            write!(out, "<label>Claim <select id=\"claim\">")?;
            for (i, claim) in self.claims.iter().enumerate() {
                write!(out, "<option value=\"{i}\">{}</option>", escape(claim))?;
            }
            writeln!(out, "</select></label>")?;
        }
        write!(out, "<fieldset><legend>Stance</legend>")?;
        for name in Stance::ALL.map(Stance::as_str).into_iter().chain([super::ABSTAIN]) {
            write!(
                out,
                "<label class=\"{name}\"><input type=\"checkbox\" name=\"stance\" value=\"{name}\" checked><i></i>{name}</label>"
            )?;
        }
        writeln!(
            out,
            "</fieldset>\n<label>Holder <select id=\"holder\"><option value=\"\">everybody</option>{choices}</select></label>\n\
             <output id=\"shown\"></output></form>\n<main>\n<section id=\"summary\" aria-label=\"Summary\">\n{charts}</section>\n\
             <section id=\"articles\" aria-label=\"Articles\">\n<p class=\"hint\">Each sentence shows its stance by tint and mark; \
             point at it, or move with Tab and the arrow keys, for its holder and scores.</p>"
        )?;
        self.body.flush()?;
        let body = self.body.get_mut();
        body.rewind()?;
        io::copy(body, out)?;
        writeln!(
            out,
            "</section>\n</main>\n<div id=\"tip\" role=\"tooltip\" hidden></div>\n<script>\n{SCRIPT}</script>\n</body></html>"
        )
    }
}

/// The tags around a block.
const fn element(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Heading => ("<h3 class=\"block\">", "</h3>"),
        Kind::Item => ("<p class=\"block item\">", "</p>"),
        Kind::Caption => ("<p class=\"block caption\">", "</p>"),
        Kind::Byline => ("<p class=\"block byline\">", "</p>"),
        Kind::Boilerplate => ("<p class=\"block boilerplate\">", "</p>"),
        Kind::Quotation => ("<blockquote class=\"block\">", "</blockquote>"),
        Kind::Sentence => ("<p class=\"block\">", "</p>"),
    }
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

impl<W: Write> Reporter for Html<W> {
    fn article(&mut self, head: &ArticleHead) -> Result<()> {
        self.articles += 1;
        self.article = Some(head.clone());
        let name = head.title.clone().unwrap_or_else(|| head.id.clone());
        self.by_article.push((name, vec![Tally::default(); self.claims.len()]));
        self.write_article(head).map_err(write_error)
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        let Some(article) = self.article.take() else { return Err(Error::new("a sentence before its article")) };
        self.sentences += 1;
        if let Some((_, tallies)) = self.by_article.last_mut() {
            for ((tally, total), v) in tallies.iter_mut().zip(&mut self.total).zip(verdicts) {
                tally.add(&article, self.articles, head, v);
                total.add(&article, self.articles, head, v);
            }
        }
        for (by, groups) in CHARTS.into_iter().zip(&mut self.groups) {
            groups.add(by.group(&article, self.articles, head), &article, self.articles, head, verdicts);
        }
        let written = self.write_sentence(&article, head, verdicts);
        self.article = Some(article);
        written.map_err(write_error)
    }

    fn end_article(&mut self) -> Result<()> {
        self.end_block().and_then(|()| writeln!(self.body, "</article>")).map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.write_page().and_then(|()| self.out.flush()).map_err(write_error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::{head, sentence, verdict};
    use super::*;

    #[test]
    fn nothing_of_an_article_becomes_markup() {
        let mut out = Vec::new();
        let mut page = Html::new(&mut out, "m<i>", &["<b>It</b> sails & \"stays\".".to_owned()]).unwrap();
        let mut article = head("a\"><script>alert(1)</script>");
        article.title = Some("<img src=x>".into());
        article.meta.author = Some("\" onclick=\"x".into());
        article.meta.url = Some("javascript:alert(1)".into());
        page.article(&article).unwrap();
        page.sentence(&sentence("</mark><script>alert(2)</script>\u{0}"), &[verdict(Stance::Favor, 0.9)]).unwrap();
        page.end_article().unwrap();
        page.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("<script>").count(), 1, "its own");
        assert_eq!(text.matches("</mark>").count(), 1);
        for raw in ["<img", "onclick=\"", "<b>It", "m<i>", "href=\"javascript", "\u{0}"] {
            assert!(!text.contains(raw), "{raw}");
        }
        assert!(!text.contains("src=\"http") && !text.contains("@import") && !text.contains("url("), "it loads nothing");
    }
}
