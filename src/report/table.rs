//! A table for people: a line per sentence, a roll-up per article and over all.

use super::style::{Style, plain, shorten, wrap};
use super::{ArticleHead, Clearest, Reporter, SentenceHead, Tally, Verdict, write_error};
use crate::error::Result;
use crate::plural::count;
use crate::stance::Stance;
use std::io::Write;

/// Columns before the text: number, then label and probability for each claim.
const NUMBER: usize = 5;
const VERDICT: usize = 15;

/// Writes the table.
pub struct Table<W> {
    out: W,
    style: Style,
    claims: Vec<String>,
    article: Vec<Tally>,
    total: Vec<Tally>,
    articles: usize,
    head: Option<ArticleHead>,
}

impl<W: Write> Table<W> {
    /// A table about these claims.
    pub fn new(out: W, style: Style, claims: &[String]) -> Self {
        let empty = vec![Tally::default(); claims.len()];
        Self { out, style, claims: claims.to_vec(), article: empty.clone(), total: empty, articles: 0, head: None }
    }

    /// `places`: names the article of each sentence, by the last part of its name, which leaves room for the sentence.
    fn roll_up(&mut self, title: &str, which: &[Tally], places: bool) -> std::io::Result<()> {
        for (i, r) in which.iter().enumerate() {
            let name = if self.claims.len() > 1 { format!("{title} [{}]", i + 1) } else { title.to_owned() };
            let mut line = format!("  {name}:");
            for s in Stance::ALL {
                let cell = format!(" {} {s}", r.counts[s as usize]);
                line += &self.style.stance(Some(s), &cell);
                line += if s == Stance::Unrelated { "" } else { "," };
            }
            if r.abstained > 0 {
                line += &format!(", {} abstained", r.abstained);
            }
            writeln!(self.out, "{line}")?;
            for (s, slot) in [Stance::Favor, Stance::Against].into_iter().zip(&r.strongest) {
                if let Some(Clearest { article, confidence, text, .. }) = slot {
                    let head = format!("    strongest {:<8}{confidence:.2}  ", s.as_str());
                    let place =
                        if places { format!("{}: ", article.rsplit('/').next().unwrap_or_default()) } else { String::new() };
                    let text = &format!("{place}{text}");
                    let text = shorten(text, self.style.width.saturating_sub(head.len()));
                    writeln!(self.out, "{}{text}", self.style.stance(Some(s), &head))?;
                }
            }
        }
        Ok(())
    }

    fn write_article(&mut self, head: &ArticleHead) -> std::io::Result<()> {
        if self.articles == 0 {
            for (i, claim) in self.claims.iter().enumerate() {
                let number = if self.claims.len() > 1 { format!(" [{}]", i + 1) } else { String::new() };
                writeln!(self.out, "{}{number} {}", self.style.bold("claim"), plain(claim))?;
            }
        }
        self.articles += 1;
        let title = head.title.as_deref().map_or_else(String::new, |t| format!("  {t}"));
        writeln!(self.out, "\n{}", self.style.bold(&shorten(&format!("{}{title}", head.id), self.style.width)))
    }

    fn write_sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> std::io::Result<()> {
        let indent = NUMBER + 1 + VERDICT * verdicts.len();
        let mut line = format!("{:>NUMBER$} ", head.index);
        for v in verdicts {
            let mark = if v.truncated { '~' } else { ' ' };
            let cell = format!("{:<9} {:.2}{mark}", v.label_name(), v.confidence);
            line += &format!("{}{}", self.style.stance(v.label, &cell), " ".repeat(VERDICT - cell.chars().count()));
        }
        let faint = verdicts.iter().all(|v| matches!(v.label, Some(Stance::Unrelated) | None));
        for (i, text) in wrap(&head.text, self.style.width.saturating_sub(indent).max(20)).iter().enumerate() {
            let text = if faint { self.style.faint(text) } else { text.clone() };
            if i > 0 {
                line = " ".repeat(indent);
            }
            writeln!(self.out, "{line}{text}")?;
        }
        Ok(())
    }
}

impl<W: Write> Reporter for Table<W> {
    fn article(&mut self, head: &ArticleHead) -> Result<()> {
        self.article.fill(Tally::default());
        self.head = Some(head.clone());
        self.write_article(head).map_err(write_error)
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        if let Some(article) = &self.head {
            for ((a, t), v) in self.article.iter_mut().zip(&mut self.total).zip(verdicts) {
                a.add(article, self.articles, head, v);
                t.add(article, self.articles, head, v);
            }
        }
        self.write_sentence(head, verdicts).map_err(write_error)
    }

    fn end_article(&mut self) -> Result<()> {
        let article = std::mem::take(&mut self.article);
        let written = self.roll_up("article", &article, false);
        self.article = article;
        written.and_then(|()| self.out.flush()).map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        let total = std::mem::take(&mut self.total);
        // The sum of one article is its own, which stands above.
        if self.articles == 1 {
            return self.out.flush().map_err(write_error);
        }
        let name = count(self.articles, "article");
        let head = writeln!(self.out, "\n{}", self.style.bold("all"));
        head.and_then(|()| self.roll_up(&name, &total, true)).and_then(|()| self.out.flush()).map_err(write_error)
    }
}
