//! Paragraphs to words, marks and quotations, cut into frames.
//!
//! A frame is a sentence seen from outside its quotations: each quotation is one token, whatever it holds, so that
//! `"Go. Now," she said. "Please."` is two frames: quotation, comma, she, said; and quotation.

use super::lexicon::{self, Entry, Flags};
use super::quotes::Quotation;
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Word,
    /// `'s` behind a noun, or the apostrophe of a plural.
    Possessive,
    Mark(char),
    /// Index of the quotation.
    Quotation(usize),
}

/// A word, mark or quotation: byte offsets into the paragraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub start: usize,
    pub end: usize,
    pub what: What,
    pub entry: Entry,
    /// Begins with a capital letter.
    pub capital: bool,
}

impl Token {
    pub(super) fn is(&self, flags: Flags) -> bool {
        self.entry.is(flags)
    }

    pub(super) fn is_mark(&self, c: char) -> bool {
        self.what == What::Mark(c)
    }

    pub(super) fn is_word(&self) -> bool {
        self.what == What::Word
    }

    pub(super) fn is_quotation(&self) -> bool {
        matches!(self.what, What::Quotation(_))
    }
}

/// Tokens of a paragraph and where its frames lie among them.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub all: Vec<Token>,
    pub frames: Vec<Range<usize>>,
}

/// Reads a paragraph. `ends` are the ends of its sentences in order.
pub(super) fn tokens(text: &str, quotations: &[Quotation], ends: &[usize]) -> Tokens {
    let mut out = Tokens::default();
    let mut first = 0;
    let mut next_end = 0;
    let mut next_quotation = 0;
    let mut at = 0;
    while at < text.len() {
        // Past every end up to here: those inside a quotation end no frame.
        let mut closed = false;
        while ends.get(next_end).is_some_and(|&e| e <= at) {
            closed |= ends.get(next_end).is_some_and(|&e| out.all.last().is_none_or(|t| e >= t.end));
            next_end += 1;
        }
        if closed && out.all.len() > first {
            out.frames.push(first..out.all.len());
            first = out.all.len();
        }
        if let Some(q) = quotations.get(next_quotation).filter(|q| q.start <= at) {
            out.all.push(Token {
                start: q.start,
                end: q.end,
                what: What::Quotation(next_quotation),
                entry: Entry::default(),
                capital: false,
            });
            at = q.end.max(at);
            next_quotation += 1;
            continue;
        }
        let Some(c) = text.get(at..).and_then(|t| t.chars().next()) else { break };
        if c.is_whitespace() || matches!(c, '*' | '_') {
            at += c.len_utf8();
            continue;
        }
        let limit = quotations.get(next_quotation).map_or(text.len(), |q| q.start);
        let sentence_end = ends.get(next_end).copied().unwrap_or(text.len());
        let token = if c.is_alphanumeric() || matches!(c, '$' | '#' | '@') {
            word(text, at, limit, sentence_end)
        } else {
            apostrophe(text, at, &out.all).unwrap_or(Token {
                start: at,
                end: at + c.len_utf8(),
                what: What::Mark(c),
                entry: Entry::default(),
                capital: false,
            })
        };
        at = token.end;
        out.all.push(token);
    }
    if out.all.len() > first {
        out.frames.push(first..out.all.len());
    }
    out
}

/// The word that begins at `at`: letters and digits with what may stand between them; contractions (`'ll`) and `'s` are cut off.
fn word(text: &str, at: usize, limit: usize, sentence_end: usize) -> Token {
    let span = text.get(at..limit).unwrap_or_default();
    let mut end = 0;
    let mut chars = span.char_indices().peekable();
    let mut dotted = false;
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let inside = i == 0 || c.is_alphanumeric() || {
            let joins = next.is_some_and(char::is_alphanumeric);
            match c {
                '-' | '&' | '@' | '/' | '‑' => joins,
                ',' => joins && span[..i].ends_with(|c: char| c.is_ascii_digit()),
                '.' => joins,
                '\'' | '’' => joins && contraction(&span[i + c.len_utf8()..]).is_none(),
                '%' => true,
                _ => false,
            }
        };
        if !inside {
            break;
        }
        dotted |= c == '.';
        end = i + c.len_utf8();
    }
    // A full stop that does not end the sentence belongs to the word.
    if span[end..].starts_with('.')
        && at + end + 1 < sentence_end
        && (dotted || span[end + 1..].starts_with([' ', ',', '\u{a0}']))
    {
        end += 1;
    } else if dotted && span[end..].starts_with('.') && at + end + 1 == sentence_end {
        // `the U.S.` at the end keeps its stop, too; the frame then ends without a mark.
        end += 1;
    }
    let word = &span[..end];
    Token {
        start: at,
        end: at + end,
        what: What::Word,
        entry: lexicon::look_up(word),
        capital: word.starts_with(|c: char| c.is_uppercase() || matches!(c, '@')),
    }
}

/// The length of a contraction behind its apostrophe.
fn contraction(rest: &str) -> Option<usize> {
    let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    matches!(rest.get(..len)?, "s" | "S" | "re" | "ve" | "ll" | "d" | "m").then_some(len)
}

/// `'s`, `'ll`, or the apostrophe of a plural genitive.
fn apostrophe(text: &str, at: usize, before: &[Token]) -> Option<Token> {
    let rest = text.get(at..)?.strip_prefix(['\'', '’'])?;
    let mark = text.len() - at - rest.len();
    let last = before.last().filter(|t| t.end == at && (t.is_word() || t.is_quotation()))?;
    let (what, len) = match contraction(rest) {
        Some(len) if rest.starts_with(['s', 'S']) => (What::Possessive, len),
        Some(len) => (What::Word, len),
        None if text.get(..last.end)?.ends_with(['s', 'S']) => (What::Possessive, 0),
        None => return None,
    };
    let end = at + mark + len;
    let entry = if what == What::Word { lexicon::look_up(text.get(at..end)?) } else { Entry::default() };
    Some(Token { start: at, end, what, entry, capital: false })
}
