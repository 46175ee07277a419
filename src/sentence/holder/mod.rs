//! Who holds it: quotations and reported statements of an article, with their speakers.
//!
//! [`attributions`] finds them: `quotes` the spans between quotation marks, `tokens` the words around them, `cues` who speaks
//! and what is said, `resolve` who is meant. [`holdings`] says it of each sentence. Rules and word lists (`lexicon`); nothing
//! is learned, and the time is linear in the length of the article.

mod cues;
mod lexicon;
mod quotes;
mod resolve;
mod tokens;

#[cfg(test)]
mod tests;

use super::Sentence;
use crate::article::{Article, Block, Kind};
use cues::{Found, Frame};
use lexicon::{CONJ, RELATIVE, SUB};
use resolve::{Mention, Written};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

pub use cues::Shape;

/// Byte offsets into the text of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text of the span; empty if it is not one of this text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    fn shared(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }
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

impl Form {
    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Mixed => "mixed",
            Self::Indirect => "indirect",
        }
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Speaker {
    /// As written (`he`, `the minister`, `Roe`).
    pub written: Span,
    /// The fullest mention of who is meant (`Ada Roe`), which may be the mention itself; `None` where nobody in the article is
    /// found, as for the author's own `I`.
    pub resolved: Option<Span>,
    /// Whether who is meant has a name (`Ada Roe`, `the Harbour Guild`), by which they are known in other articles, too. `he`, `the
    /// minister`, `officials` and `the Foreign Ministry` have none.
    pub named: bool,
}

impl Speaker {
    /// A speaker of whom nothing is known yet.
    fn unknown(written: Span) -> Self {
        Self { written, resolved: None, named: false }
    }

    /// The mention that says most: the resolved one, or the one as written.
    pub fn best(&self) -> Span {
        self.resolved.unwrap_or(self.written)
    }
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
    /// Who speaks.
    pub speaker: Speaker,
    /// What says that somebody speaks (`said`); `None` where a quotation stands without.
    pub cue: Option<Span>,
    /// To whom it is said, where that is told (`reporters`).
    pub addressee: Option<Span>,
    /// What is said, quotation marks included, in reading order.
    pub content: Vec<Span>,
}

/// Whose words a sentence holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who speaks.
    pub speaker: Speaker,
    /// How the words are given.
    pub form: Form,
    /// What is said, as far as it stands in the sentence, in reading order.
    pub content: Vec<Span>,
}

/// Finds the attributions of an article, in order of their cues. `sentences` are those of [`super::split`].
pub fn attributions(article: &Article, sentences: &[Sentence]) -> Vec<Attribution> {
    let mut reader = Reader::default();
    let mut next = 0;
    for block in &article.blocks {
        let first = next;
        while sentences.get(next).is_some_and(|s| s.start < block.end) {
            next += 1;
        }
        if !matches!(block.kind, Kind::Byline | Kind::Boilerplate) {
            reader.block(article, block, sentences.get(first..next).unwrap_or_default());
        }
    }
    reader.finish(&article.text)
}

/// For each sentence whose words it holds: the attribution with most of it. `None` where it is the article's author who speaks.
pub fn holdings(article: &Article, sentences: &[Sentence]) -> Vec<Option<Holding>> {
    let mut best: Vec<Option<(usize, Holding)>> = vec![None; sentences.len()];
    for a in attributions(article, sentences) {
        let mut at: Option<(usize, Vec<Span>)> = None;
        let mut settle = |held: Option<(usize, Vec<Span>)>| {
            let Some((index, content)) = held else { return };
            let bytes = content.iter().map(|s| s.end - s.start).sum();
            if let Some(slot) = best.get_mut(index)
                && slot.as_ref().is_none_or(|(most, _)| bytes > *most)
            {
                *slot = Some((bytes, Holding { speaker: a.speaker, form: a.form, content }));
            }
        };
        for &span in &a.content {
            let first = sentences.partition_point(|s| s.end <= span.start);
            for (index, s) in sentences.iter().enumerate().skip(first).take_while(|(_, s)| s.start < span.end) {
                let Some(part) = span.shared(Span { start: s.start, end: s.end }) else { continue };
                match &mut at {
                    Some((i, content)) if *i == index => content.push(part),
                    _ => settle(at.replace((index, vec![part]))),
                }
            }
        }
        settle(at);
    }
    best.into_iter().map(|slot| slot.map(|(_, holding)| holding)).collect()
}

/// Words of a paragraph in quotation marks that may be a heading.
const HEADING: usize = 6;

/// What was read of an article so far.
#[derive(Default)]
struct Reader {
    /// Each with the index of its speaker's mention.
    found: Vec<(Attribution, Option<usize>)>,
    mentions: Vec<Mention>,
    /// The speaker of the attribution before.
    last: Option<(Span, Option<usize>)>,
    /// Whether the paragraph being read has a quotation with a speaker.
    quoted: bool,
    /// The speaker that the frame before announced, where it ended in a colon.
    announced: Option<(Span, Option<usize>)>,
    /// The subject of the sentence before in the paragraph, where nothing is said in it.
    named: Option<(Span, Option<usize>)>,
}

impl Reader {
    fn block(&mut self, article: &Article, block: &Block, sentences: &[Sentence]) {
        let Some(text) = article.text.get(block.start..block.end) else { return };
        let ends: Vec<usize> = sentences.iter().map(|s| s.end.saturating_sub(block.start)).collect();
        let mut quotations = quotes::quotations(text);
        if block.kind == Kind::Quotation && quotations.is_empty() {
            quotations.push(quotes::Quotation { start: 0, end: text.len(), open: 0, close: 0 });
        }
        let tokens = tokens::tokens(text, &quotations, &ends);
        self.quoted = false;
        self.named = None;
        // A few words in quotation marks by themselves are a heading: `‘So much anger.’`, `“A WAY HOME”`.
        if let ([_], [only]) = (tokens.frames.as_slice(), tokens.all.as_slice())
            && only.is_quotation()
            && text.split_whitespace().nth(HEADING).is_none()
            && (text.starts_with(['\'', '‘']) && !text.starts_with("''") || !text.contains(['.', '!', '?', '…', ',']))
        {
            return;
        }
        for range in tokens.frames {
            if let Some(slice) = tokens.all.get(range) {
                self.frame(&Frame { text, tokens: slice }, block.start);
            }
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, base: usize) {
        let slice = frame.tokens;
        let span = |r: &Range<usize>| span(frame, base, r);
        let found = cues::find(frame);
        let subject = cues::subject(frame);
        let announcer = if slice.last().is_some_and(|t| t.is_mark(':')) { cues::announcer(frame) } else { None };
        let places = self.mention(frame, base, &found, announcer.as_ref().or(subject.as_ref()));
        let place = |s: Span| places.get(&s).copied();
        let announced = self.announced.take();
        let named = self.named.take();
        if found.is_empty() {
            // `said Roe. She has two sons. “But …”` goes on with Roe.
            // `Your successor wants less. “She has good reasons.”` is a question and its answer, as is `Will the ferry sail?`
            let asks = slice.last().is_some_and(|t| t.is_mark('?'))
                || (0..slice.len()).any(|i| frame.word_is(i, "you") || frame.word_is(i, "your"));
            let other = |s: &&Range<usize>| {
                cues::person(frame, s)
                    && !(self.quoted && cues::refers(frame, s))
                    && (!asks || slice.get(s.end).is_some_and(|t| t.is_mark(',')))
            };
            self.named = subject.as_ref().filter(other).and_then(span).map(|s| (s, place(s)));
        }
        self.announced = announcer.as_ref().and_then(span).map(|s| (s, place(s)));
        let alone = slice.iter().any(|t| t.is_quotation()) && !slice.iter().any(|t| t.is_word() && !t.is(CONJ));
        let resumed = self.quoted && found.iter().all(|f| f.shape == Shape::Beside) && cues::resumes(frame);
        if found.is_empty() || resumed {
            // Nothing but a quotation, or one that is led to its end in the author's words: the speaker goes on.
            if alone || resumed {
                let Some((written, mention)) = announced.or(named.filter(|_| alone)).or(self.last) else { return };
                let whole = || span(&(0..cues::clause_end(frame))).into_iter().collect();
                let quotations = || {
                    let spans = slice.iter().filter(|t| t.is_quotation());
                    spans.map(|t| Span { start: base + t.start, end: base + t.end }).collect()
                };
                let content: Vec<Span> = if alone { quotations() } else { whole() };
                let attribution = Attribution {
                    form: if alone { Form::Direct } else { Form::Mixed },
                    shape: Shape::Alone,
                    verb: None,
                    speaker: Speaker::unknown(written),
                    cue: None,
                    addressee: None,
                    content,
                };
                self.found.push((attribution, mention));
                self.last = Some((written, mention));
                self.quoted = true;
            }
            return;
        }
        for f in found {
            let Some(written) = span(&f.speaker) else { continue };
            let content: Vec<Span> = f.content.iter().filter_map(span).collect();
            if content.is_empty() {
                continue;
            }
            let meant = meant(frame, &f.speaker);
            let mention = span(&meant).and_then(place);
            let attribution = Attribution {
                form: form(frame, &f.content),
                shape: f.shape,
                verb: f.verb.map(lexicon::lemma),
                speaker: Speaker::unknown(written),
                cue: span(&f.cue),
                addressee: f.addressee.as_ref().and_then(span),
                content,
            };
            // In a paragraph, a quotation goes on with the one before, whatever is reported in between.
            let quoted = attribution.form != Form::Indirect;
            if quoted || !self.quoted {
                self.last = Some((written, mention));
            }
            self.quoted |= quoted;
            self.found.push((attribution, mention));
        }
    }

    /// Notes who and what a frame mentions, in order; gives the places of speakers and subject.
    fn mention(
        &mut self,
        frame: &Frame<'_>,
        base: usize,
        found: &[Found],
        subject: Option<&Range<usize>>,
    ) -> HashMap<Span, usize> {
        let mut phrases: Vec<(Range<usize>, bool)> = found.iter().map(|f| (meant(frame, &f.speaker), true)).collect();
        phrases.extend(subject.map(|s| (s.clone(), true)));
        phrases.extend(cues::names(frame).into_iter().map(|n| (n, false)));
        phrases.sort_by_key(|(r, subject)| (r.start, !subject, std::cmp::Reverse(r.end)));
        // What each speaker says.
        let mut said: HashMap<(usize, usize), Vec<&Range<usize>>> = HashMap::new();
        for f in found {
            said.entry((f.speaker.start, f.speaker.end)).or_default().extend(&f.content);
        }
        let mut places: HashMap<Span, usize> = HashMap::new();
        let mut covered = 0;
        for (phrase, subject) in phrases {
            let Some(span) = span(frame, base, &phrase) else { continue };
            if phrase.start < covered && (!subject || places.contains_key(&span)) {
                continue;
            }
            covered = covered.max(phrase.end);
            let described = cues::describe(frame, &phrase);
            let at = |i: usize| self::span(frame, base, &(i..i + 1));
            let Some(core) = self::span(frame, base, &described.core) else { continue };
            let written = match frame.word(phrase.start).to_ascii_lowercase().as_str() {
                "he" | "his" | "him" if phrase.len() == 1 => Written::He,
                "she" | "her" if phrase.len() == 1 => Written::She,
                "they" | "their" | "it" | "its" | "which" | "that" | "who" if phrase.len() == 1 => Written::They,
                "i" | "we" | "my" | "our" | "you" if phrase.len() == 1 => Written::Author,
                _ if described.named => Written::Name(core),
                _ => Written::Noun { head: core, definite: described.definite },
            };
            places.insert(span, self.mentions.len());
            let roles = described.roles.into_iter().filter_map(at).collect();
            let said = said.get(&(phrase.start, phrase.end));
            let mut content = Vec::new();
            if let Written::He | Written::She = written {
                content.extend(said.into_iter().flatten().filter_map(|c| self::span(frame, base, c)));
            }
            let speaker = said.is_some();
            let (opening, place) = (cues::opens(frame, &phrase), cues::place(frame, &phrase));
            self.mentions.push(Mention { span, written, subject, speaker, opening, place, roles, content });
        }
        places
    }

    fn finish(mut self, text: &str) -> Vec<Attribution> {
        let resolved = resolve::resolve(text, &self.mentions);
        for (attribution, mention) in &mut self.found {
            if let Some(who) = mention.and_then(|m| resolved.get(m).copied().flatten()) {
                attribution.speaker.resolved = Some(who.full);
                attribution.speaker.named = who.named;
            }
        }
        let mut out: Vec<Attribution> = self.found.into_iter().map(|f| f.0).collect();
        // `Roe: …` counts where Roe speaks elsewhere, too.
        let last_word = |s: Span| s.of(text).split_whitespace().last().map(str::to_lowercase);
        let known: HashSet<String> =
            out.iter().filter(|a| a.shape != Shape::Colon).filter_map(|a| last_word(a.speaker.written)).collect();
        out.retain(|a| {
            a.shape != Shape::Colon || a.form == Form::Direct || last_word(a.speaker.written).is_some_and(|w| known.contains(&w))
        });
        out
    }
}

/// Who a relative pronoun stands for; any other phrase stands for itself.
fn meant(frame: &Frame<'_>, speaker: &Range<usize>) -> Range<usize> {
    let relative = speaker.len() == 1 && frame.tokens.get(speaker.start).is_some_and(|t| t.is(RELATIVE | SUB));
    if relative { cues::antecedent(frame, speaker.start) } else { None }.unwrap_or_else(|| speaker.clone())
}

fn span(frame: &Frame<'_>, base: usize, tokens: &Range<usize>) -> Option<Span> {
    let (first, last) = (frame.tokens.get(tokens.start)?, frame.tokens.get(tokens.end.checked_sub(1)?)?);
    (first.start < last.end).then_some(Span { start: base + first.start, end: base + last.end })
}

fn form(frame: &Frame<'_>, content: &[Range<usize>]) -> Form {
    let (mut inside, mut outside) = (false, false);
    for token in content.iter().flat_map(|r| frame.tokens.get(r.clone()).unwrap_or_default()) {
        inside |= token.is_quotation();
        outside |= token.is_word();
    }
    match (inside, outside) {
        (true, false) => Form::Direct,
        (true, true) => Form::Mixed,
        _ => Form::Indirect,
    }
}
