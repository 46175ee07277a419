//! Names and noun phrases of a frame, for finding out who is meant.

use super::super::lexicon::{ALONE, AUX, PERSON, PLURAL, PRON, RELATIVE, SOURCE, TITLE};
use super::super::tokens::What;
use super::phrases::Frame;
use super::speaks;
use std::ops::Range;

/// A name or noun phrase of a frame, for finding out who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sentence::holder) struct Described {
    /// The name in it, or its head noun.
    pub core: Range<usize>,
    pub named: bool,
    /// Begins with `the`, `this`, `that`, or a possessive.
    pub definite: bool,
    /// Nouns that say what it is: before the name, or in the apposition behind it.
    pub roles: Vec<usize>,
}

/// The name that follows a person's role between commas: `the pilot, Bo Lind, …`.
pub(super) fn renamed(frame: &Frame<'_>, phrase: &Range<usize>, head: usize) -> Option<Range<usize>> {
    let start = phrase.end + 1;
    if !frame.is(head, PERSON) || frame.is(head, PLURAL) || !frame.mark(phrase.end, ',') || !frame.name(start) {
        return None;
    }
    let limit = frame.tokens.len().min(start + 8);
    let end = (start..limit).find(|&i| !frame.name(i))?;
    (frame.mark(end, ',') || frame.mark(end, '.') && end + 1 == frame.tokens.len()).then_some(start..end)
}

/// What a phrase is made of.
pub(in crate::sentence::holder) fn describe(frame: &Frame<'_>, phrase: &Range<usize>) -> Described {
    let head = frame.head(phrase);
    // `Officials said …` begins with a capital, as every sentence does.
    let mut named = frame.name(head) && !(head == 0 && frame.is(head, PERSON | SOURCE | ALONE));
    let mut core = head..head + 1;
    let mut roles = Vec::new();
    if let Some(name) = renamed(frame, phrase, head).filter(|_| !named) {
        roles.extend(phrase.clone().filter(|&i| frame.is(i, PERSON)));
        (named, core) = (true, name);
    } else if named {
        while core.start > phrase.start
            && (frame.name(core.start - 1)
                || frame.is(core.start - 1, TITLE) && frame.get(core.start - 1).is_some_and(|t| t.capital))
        {
            core.start -= 1;
        }
        while core.end < phrase.end && frame.name(core.end) {
            core.end += 1;
        }
        // `the Danish minister Ada Roe`, `President Roe`
        roles.extend((phrase.start..core.end).filter(|&i| frame.is(i, PERSON) && i + 1 != core.end));
        // `Ada Roe, a former minister`; not `in Oslo, the minister said`
        let place = phrase.start > 0 && matches!(frame.word(phrase.start - 1), "in" | "at" | "near" | "from");
        if frame.mark(phrase.end, ',') && !place {
            let limit = frame.tokens.len().min(phrase.end + 14);
            let end = (phrase.end + 1..limit)
                .find(|&i| frame.get(i).is_some_and(|t| !t.is_word() || t.is(AUX | RELATIVE)))
                .unwrap_or(limit);
            roles.extend(
                (phrase.end + 1..end)
                    .find(|&i| frame.is(i, PERSON) && !frame.get(i + 1).is_some_and(|t| t.is_word() && t.is(PERSON))),
            );
        }
    }
    let first = frame.word(phrase.start).to_ascii_lowercase();
    let definite = matches!(first.as_str(), "the" | "this" | "that" | "these" | "those" | "his" | "her" | "their" | "its");
    Described { core, named, definite, roles }
}

/// Whether a phrase is one word whose capital may be that of a sentence only.
pub(in crate::sentence::holder) fn opens(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    phrase.len() == 1
        && (phrase.start == 0 || frame.get(phrase.start - 1).is_some_and(|t| t.is_quotation() || t.is_mark(':')))
        && frame.get(phrase.end).is_some_and(|t| t.is_word() && !t.capital)
}

/// Whether a phrase stands where places do: `in Oslo`, `near Oslo`; not `in Roe's letter`.
pub(in crate::sentence::holder) fn place(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    phrase.start > 0
        && matches!(frame.word(phrase.start - 1), "in" | "In" | "near" | "Near" | "across" | "outside" | "at" | "At")
        && !frame.get(phrase.end).is_some_and(|t| t.what == What::Possessive)
}

/// What a relative pronoun at `i` stands for.
pub(in crate::sentence::holder) fn antecedent(frame: &Frame<'_>, i: usize) -> Option<Range<usize>> {
    let end = if i > 0 && frame.mark(i - 1, ',') { i - 1 } else { i };
    frame.phrase_before(end)
}

/// Every name of a frame outside its quotations, with the titles before it.
pub(in crate::sentence::holder) fn names(frame: &Frame<'_>) -> Vec<Range<usize>> {
    let mut names = Vec::new();
    let mut i = 0;
    while i < frame.tokens.len() {
        if !frame.name(i) {
            i += 1;
            continue;
        }
        let start = i;
        while frame.name(i) || frame.get(i).is_some_and(|t| t.is_word() && t.is(TITLE) && t.capital) {
            i += 1;
        }
        names.push(start..i);
    }
    names
}

/// The subject of a frame, as far as it is a person or a source.
pub(in crate::sentence::holder) fn subject(frame: &Frame<'_>) -> Option<Range<usize>> {
    frame.main_subject(0, frame.tokens.len()).filter(|s| speaks(frame, s))
}

/// Whether a phrase is about somebody: a name, a person by what they are, `he`.
pub(in crate::sentence::holder) fn person(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    let head = frame.head(phrase);
    speaks(frame, phrase) && !frame.is(head, SOURCE | PLURAL)
}

/// Whether a phrase may stand for somebody who was mentioned before: `he`, `a widow from Oslo`.
pub(in crate::sentence::holder) fn refers(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    frame.is(phrase.start, PRON) || matches!(frame.word(phrase.start), "A" | "An" | "The")
}
