//! A table for people: a line per sentence, a roll-up per article and over all.

use super::style::{Style, shorten, wrap};
use super::{ArticleHead, Reporter, SentenceHead, Verdict, write_error};
use crate::error::Result;
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
    article: Vec<RollUp>,
    total: Vec<RollUp>,
    articles: usize,
    /// What goes before a sentence in the roll-up over all: the article that it is from.
    place: String,
}

/// Counts towards one claim, and the strongest sentence of each side.
#[derive(Debug, Clone, Default)]
struct RollUp {
    counts: [usize; 4],
    abstained: usize,
    strongest: [Option<(f64, String)>; 2],
}

impl RollUp {
    fn add(&mut self, place: &str, text: &str, v: &Verdict) {
        let Some(label) = v.label else {
            self.abstained += 1;
            return;
        };
        self.counts[label as usize] += 1;
        if let Some(slot) = self.strongest.get_mut(label as usize)
            && slot.as_ref().is_none_or(|(p, _)| v.confidence > *p)
        {
            *slot = Some((v.confidence, format!("{place}{text}")));
        }
    }
}

impl<W: Write> Table<W> {
    /// A table about these claims.
    pub fn new(out: W, style: Style, claims: &[String]) -> Self {
        let empty = vec![RollUp::default(); claims.len()];
        Self { out, style, claims: claims.to_vec(), article: empty.clone(), total: empty, articles: 0, place: String::new() }
    }

    fn roll_up(&mut self, title: &str, which: &[RollUp]) -> std::io::Result<()> {
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
                if let Some((p, text)) = slot {
                    let head = format!("    strongest {:<8}{p:.2}  ", s.as_str());
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
                writeln!(self.out, "{}{number} {claim}", self.style.bold("claim"))?;
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
        self.article.fill(RollUp::default());
        // The last part of the path leaves room for the sentence.
        self.place = format!("{}: ", head.id.rsplit('/').next().unwrap_or_default());
        self.write_article(head).map_err(write_error)
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        for ((a, t), v) in self.article.iter_mut().zip(&mut self.total).zip(verdicts) {
            a.add("", &head.text, v);
            t.add(&self.place, &head.text, v);
        }
        self.write_sentence(head, verdicts).map_err(write_error)
    }

    fn end_article(&mut self) -> Result<()> {
        let article = std::mem::take(&mut self.article);
        let written = self.roll_up("article", &article);
        self.article = article;
        written.and_then(|()| self.out.flush()).map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        let total = std::mem::take(&mut self.total);
        let name = if self.articles == 1 { "1 article".to_owned() } else { format!("{} articles", self.articles) };
        let head = writeln!(self.out, "\n{}", self.style.bold("all"));
        head.and_then(|()| self.roll_up(&name, &total)).and_then(|()| self.out.flush()).map_err(write_error)
    }
}
