//! Comma-separated values (RFC 4180), one row for each sentence and claim.

use super::jsonl::rounded;
use super::{ArticleHead, Reporter, SentenceHead, Stage, Verdict, write_error};
use crate::error::{Error, Result};
use crate::stance::Stance;
use std::io::Write;

/// Writes records as CSV with a header.
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
    model: String,
    claims: Vec<String>,
    article: Option<ArticleHead>,
    header: bool,
    staged: bool,
}

impl<W: Write> Csv<W> {
    /// Records name the model and the claims.
    pub fn new(out: W, model: &str, claims: &[String]) -> Self {
        let out = csv::Writer::from_writer(out);
        Self { out, model: model.to_owned(), claims: claims.to_vec(), article: None, header: false, staged: false }
    }

    /// With a column for the stage that gave the label.
    pub fn staged(self, staged: bool) -> Self {
        Self { staged, ..self }
    }

    /// One column a stance, whether the model knows it or not, so that files of different models fit together.
    fn header(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.header, true) {
            let fixed = ["article", "sentence", "start", "end", "kind", "claim", "label", "confidence"];
            let scores = Stance::ALL.map(Stance::as_str);
            let about = ["truncated", "model", "holder", "written", "quote", "title", "outlet", "date", "url", "author", "text"];
            let stage = self.staged.then_some(&"stage");
            let row = fixed.iter().chain(&scores).chain(&about).chain(stage);
            self.out.write_record(row).map_err(error)?;
        }
        Ok(())
    }
}

fn error(e: csv::Error) -> Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => write_error(e),
        other => Error::new(format!("writing CSV: {other:?}")),
    }
}

impl<W: Write> Reporter for Csv<W> {
    fn article(&mut self, head: &ArticleHead) -> Result<()> {
        self.article = Some(head.clone());
        self.header()
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        let Some(article) = &self.article else { return Ok(()) };
        let meta = &article.meta;
        let about = [&article.title, &meta.outlet, &meta.date, &meta.url, &meta.author];
        for (claim, v) in self.claims.iter().zip(verdicts) {
            let score =
                |s: Stance| v.scores.iter().find(|(l, _)| *l == s).map_or_else(String::new, |(_, p)| rounded(*p).to_string());
            let mut row = vec![
                article.id.clone(),
                head.index.to_string(),
                head.start.to_string(),
                head.end.to_string(),
                head.kind.to_string(),
                claim.clone(),
                v.label_name().to_owned(),
                rounded(v.confidence).to_string(),
            ];
            row.extend(Stance::ALL.map(score));
            row.extend([v.truncated.to_string(), self.model.clone()]);
            row.extend(match &head.held {
                Some(held) => [held.name().to_owned(), held.written.clone(), held.form.as_str().to_owned()],
                None => [const { String::new() }; 3],
            });
            row.extend(about.map(|value| value.clone().unwrap_or_default()));
            row.push(head.text.clone());
            if self.staged {
                row.push(v.stage.map_or("", Stage::as_str).to_owned());
            }
            self.out.write_record(&row).map_err(error)?;
        }
        Ok(())
    }

    fn end_article(&mut self) -> Result<()> {
        self.out.flush().map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.header()?;
        self.out.flush().map_err(write_error)
    }
}
