//! One JSON object a line, sentence and claim.

use super::{ArticleHead, Reporter, SentenceHead, Verdict, holder_json, quote_json, write_error};
use crate::error::Result;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Writes records as JSON lines.
pub struct Jsonl<W> {
    out: W,
    model: String,
    claims: Vec<String>,
    article: Option<ArticleHead>,
}

impl<W: Write> Jsonl<W> {
    /// Records name the model and the claims.
    pub fn new(out: W, model: &str, claims: &[String]) -> Self {
        Self { out, model: model.to_owned(), claims: claims.to_vec(), article: None }
    }
}

/// A probability with six decimals: what float32 logits are good for.
pub(super) fn rounded(p: f64) -> f64 {
    (p * 1e6).round() / 1e6
}

impl<W: Write> Reporter for Jsonl<W> {
    fn article(&mut self, head: &ArticleHead) -> Result<()> {
        self.article = Some(head.clone());
        Ok(())
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        let Some(ArticleHead { id, title, meta }) = &self.article else { return Ok(()) };
        for (claim, v) in self.claims.iter().zip(verdicts) {
            let scores: Map<String, Value> = v.scores.iter().map(|(s, p)| (s.to_string(), json!(rounded(*p)))).collect();
            let mut record = json!({
                "article": id,
                "sentence": head.index,
                "start": head.start,
                "end": head.end,
                "text": head.text,
                "kind": head.kind,
                "claim": claim,
                "label": v.label_name(),
                "confidence": rounded(v.confidence),
                "scores": scores,
                "holder": holder_json(head.held.as_ref()),
                "quote": quote_json(head.held.as_ref()),
                "truncated": v.truncated,
                "model": self.model,
                "title": title,
                "outlet": meta.outlet,
                "date": meta.date,
                "url": meta.url,
                "author": meta.author,
            });
            if let (Some(stage), Value::Object(fields)) = (v.stage, &mut record) {
                fields.insert("stage".to_owned(), json!(stage));
            }
            writeln!(self.out, "{record}").map_err(write_error)?;
        }
        Ok(())
    }

    fn end_article(&mut self) -> Result<()> {
        self.out.flush().map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.out.flush().map_err(write_error)
    }
}
