//! Whose words a sentence holds, as records give it.

use crate::sentence::holder::{Form, Holding, Span};
use serde_json::{Value, json};

/// A holder and what is quoted or reported of them, with their texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The holder as written (`he`).
    pub written: String,
    /// Where that stands in the article.
    pub span: Span,
    /// The fullest mention of who is meant (`Ada Roe`) and where it stands, where one is found.
    pub resolved: Option<(String, Span)>,
    /// Whether who is meant has a name, by which they are known in other articles, too.
    pub named: bool,
    /// How the words are given.
    pub form: Form,
    /// The quoted or reported content in the sentence: spans in the article.
    pub content: Vec<Span>,
}

impl Held {
    /// Takes the texts of the mentions from the article.
    pub fn new(article: &str, holding: Holding) -> Self {
        let speaker = holding.speaker;
        Self {
            written: speaker.written.of(article).to_owned(),
            span: speaker.written,
            named: speaker.named,
            resolved: speaker.resolved.map(|s| (s.of(article).to_owned(), s)),
            form: holding.form,
            content: holding.content,
        }
    }

    /// The name that says most.
    pub fn name(&self) -> &str {
        self.resolved.as_ref().map_or(&self.written, |(name, _)| name)
    }
}

/// The `holder` of a record: `{"author":true}`, or the mention as written and as resolved.
pub fn holder_json(held: Option<&Held>) -> Value {
    let mention = |text: &str, span: Span| json!({"text": text, "start": span.start, "end": span.end});
    let Some(held) = held else { return json!({"author": true}) };
    json!({
        "author": false,
        "written": mention(&held.written, held.span),
        "resolved": held.resolved.as_ref().map(|(text, span)| mention(text, *span)),
    })
}

/// The `quote` of a record: `null`, or its form and spans.
pub fn quote_json(held: Option<&Held>) -> Value {
    held.map_or(Value::Null, |held| json!({"form": held.form, "spans": held.content}))
}
