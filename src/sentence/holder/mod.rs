//! Who holds it: quotations and reported statements of an article, with their speakers.

mod cues;
mod lexicon;
mod quotes;
mod tokens;

use super::Sentence;
use crate::article::{Article, Kind};
use serde::Serialize;

pub use cues::Shape;

/// Byte offsets into the text of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How the words of a speaker are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// All of it in quotation marks.
    Direct,
    /// Partly in quotation marks.
    Mixed,
    /// Reported without quotation marks.
    Indirect,
}

/// A quotation or a reported statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// How the words are given.
    pub form: Form,
    /// How it was recognised.
    pub shape: Shape,
    /// The verb of saying, by its first form.
    pub verb: Option<&'static str>,
    /// The speaker as written (`he`, `the minister`, `Ada Roe`).
    pub written: Span,
    /// What says that somebody speaks (`said`); empty where a quotation stands without.
    pub cue: Span,
    /// To whom it is said, where that is told (`reporters`).
    pub addressee: Option<Span>,
    /// What is said, quotation marks included, in reading order.
    pub content: Vec<Span>,
}

/// Finds the attributions of an article, in order of their frames.
pub fn attributions(article: &Article, sentences: &[Sentence]) -> Vec<Attribution> {
    let mut out: Vec<Attribution> = Vec::new();
    let mut next = 0;
    // The speaker of the attribution before, and its block.
    let mut last: Option<(Span, usize)> = None;
    // The subject of the frame before, where that ended in a colon.
    let mut announced: Option<Span> = None;
    for (number, block) in article.blocks.iter().enumerate() {
        let first = next;
        while sentences.get(next).is_some_and(|s| s.start < block.end) {
            next += 1;
        }
        if matches!(block.kind, Kind::Byline | Kind::Boilerplate) {
            continue;
        }
        let Some(text) = article.text.get(block.start..block.end) else { continue };
        let ends: Vec<usize> = sentences.get(first..next).unwrap_or_default().iter().map(|s| s.end - block.start).collect();
        let quotations = quotes::quotations(text);
        let tokens = tokens::tokens(text, &quotations, &ends);
        for range in tokens.frames {
            let Some(slice) = tokens.all.get(range) else { continue };
            let frame = cues::Frame { text, tokens: slice };
            let found = cues::find(&frame);
            let span = |r: &std::ops::Range<usize>| -> Option<Span> {
                let (a, b) = (slice.get(r.start)?, slice.get(r.end.checked_sub(1)?)?);
                (a.start < b.end).then_some(Span { start: block.start + a.start, end: block.start + b.end })
            };
            let before = announced.take();
            if found.is_empty() && slice.last().is_some_and(|t| t.is_mark(':')) {
                announced = cues::subject(&frame).as_ref().and_then(span);
            }
            if found.is_empty() && slice.iter().any(|t| t.is_quotation()) && !slice.iter().any(|t| t.is_word() && !t.is(lexicon::CONJ)) {
                // Nothing but a quotation: the speaker goes on.
                if let Some(written) = before.or(last.map(|l| l.0)) {
                    let content = slice.iter().filter(|t| t.is_quotation()).map(|t| Span { start: block.start + t.start, end: block.start + t.end }).collect();
                    out.push(Attribution { form: Form::Direct, shape: Shape::Alone, verb: None, written, cue: Span { start: written.end, end: written.end }, addressee: None, content });
                    last = Some((written, number));
                }
                continue;
            }
            for f in found {
                let Some(written) = span(&f.speaker) else { continue };
                let content: Vec<Span> = f.content.iter().filter_map(&span).collect();
                if content.is_empty() {
                    continue;
                }
                let form = form(text, slice, &f.content);
                let cue = span(&f.cue).unwrap_or(Span { start: written.end, end: written.end });
                out.push(Attribution {
                    form,
                    shape: f.shape,
                    verb: f.verb.map(lexicon::lemma),
                    written,
                    cue,
                    addressee: f.addressee.as_ref().and_then(&span),
                    content,
                });
                last = Some((written, number));
            }
        }
    }
    named_before_colons(article, &mut out);
    out
}

/// `Roe: …` counts where Roe speaks elsewhere, too, or is called by a given name.
fn named_before_colons(article: &Article, out: &mut Vec<Attribution>) {
    let last_word = |span: Span| article.text.get(span.start..span.end).and_then(|t| t.split_whitespace().last()).map(str::to_lowercase);
    let known: std::collections::HashSet<String> = out.iter().filter(|a| a.shape != Shape::Colon).filter_map(|a| last_word(a.written)).collect();
    out.retain(|a| {
        a.shape != Shape::Colon || a.form == Form::Direct || last_word(a.written).is_some_and(|w| known.contains(&w))
    });
}

fn form(_text: &str, tokens: &[tokens::Token], content: &[std::ops::Range<usize>]) -> Form {
    let (mut inside, mut outside) = (false, false);
    for token in content.iter().flat_map(|r| tokens.get(r.clone()).unwrap_or_default()) {
        inside |= token.is_quotation();
        outside |= token.is_word();
    }
    match (inside, outside) {
        (true, false) => Form::Direct,
        (true, true) => Form::Mixed,
        _ => Form::Indirect,
    }
}
