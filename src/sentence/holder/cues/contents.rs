//! What is said, from what stands to the left and to the right of a cue.

use super::super::lexicon::{
    ADV, ALONE, AUX, CLAUSE, CONJ, DET, OBJECT, PHRASE, PREP, PRON, RELATIVE, SOURCE, SUB, TIME, TO, VERB, Verb, lemma, look_up,
};
use super::super::tokens::What;
use super::REACH;
use super::clauses::Right;
use super::phrases::Frame;
use std::ops::Range;

/// Whether what stands at `at` can be what a verb says that takes no clause: a noun phrase, a quotation, an infinitive.
pub(super) fn phrase_follows(frame: &Frame<'_>, at: usize, verb: Verb) -> bool {
    let Some(t) = frame.get(at) else { return false };
    if verb.takes & TO != 0
        && frame.word_is(at, "to")
        && frame.get(at + 1).is_some_and(|t| t.is_word() && !t.is(DET | PRON) && !t.capital)
        && frame.word(at + 1).starts_with(char::is_alphabetic)
    {
        return true;
    }
    if verb.takes & PHRASE == 0 {
        return false;
    }
    let base = lemma(verb);
    match frame.word(at) {
        "for" | "on" if base == "call" => return true,
        "to" if matches!(base, "refer" | "allude" | "appeal") => return true,
        "back" if base == "call" => return false,
        _ => {}
    }
    t.is_quotation()
        || t.is_word()
            && (t.is(DET | OBJECT | ALONE) || t.capital || !t.is(PREP | CONJ | SUB | AUX | PRON | TIME | VERB | ADV))
            && (verb.takes & CLAUSE == 0 || !frame.word_is(at, "that"))
}

/// What is said, from what follows the cue.
pub(super) fn content_right(frame: &Frame<'_>, right: Right, clause: bool, relative: bool) -> Option<Vec<Range<usize>>> {
    let from = match right {
        Right::Quotation(at) | Right::CommaQuotation(at) | Right::Colon(at) => at,
        Right::That(at) | Right::Clause(at) if clause => at,
        _ => return None,
    };
    let end = frame.end_of(from, relative);
    (end > from).then(|| vec![from..end])
}

/// Whether the quotation at `q` is the name of what stands before it: `the newspaper “Dagen”`.
pub(super) fn entitled(frame: &Frame<'_>, q: usize) -> bool {
    frame.inside(q).1 && !frame.ends_open(q) && frame.before(q).is_some_and(|t| t.is_word() && t.is(SOURCE))
}

/// What is said before the subject (or the inverted cue) at `at`.
pub(super) fn left_content(frame: &Frame<'_>, at: usize, floor: usize, inherited: bool) -> Option<Range<usize>> {
    if inherited {
        return None;
    }
    let last = at.checked_sub(1)?;
    let t = frame.get(last)?;
    let end = if t.is_quotation() {
        at
    } else if matches!(t.what, What::Mark(',' | '—' | '–' | '-')) {
        last
    } else {
        return None;
    };
    let start = frame.clause_start(end, floor);
    let q = if t.is_quotation() { last } else { last.wrapping_sub(1) };
    let start = if apart(frame, start, q) { q } else { start };
    (start < end && frame.is_clause(start..end)).then_some(start..end)
}

/// Whether the quotation at `q` is all that is said, and what stands from `start` up to it the author's or somebody else's words:
/// `When the ice broke he wrote: “We sank,”`, `Nobody thanked the pilot (“We sank,”`. A quotation that begins with the verb of a
/// clause goes on with it: `The ice “is thick,”`.
pub(super) fn apart(frame: &Frame<'_>, start: usize, q: usize) -> bool {
    if start >= q || !frame.quotation(q) || !frame.ends_open(q) || verb_first(frame, q) || (start..q).any(|i| frame.quotation(i))
    {
        return false;
    }
    match frame.before(q).map(|t| t.what) {
        Some(What::Mark(',')) => !frame.introduces(start..q),
        Some(What::Mark(_)) => true,
        _ => false,
    }
}

/// Whether the quotation at `q` begins with a finite verb in lower case.
pub(super) fn verb_first(frame: &Frame<'_>, q: usize) -> bool {
    let text = frame.get(q).and_then(|t| frame.text.get(t.start..t.end)).unwrap_or_default();
    let word = text.trim_start_matches(|c: char| !c.is_alphanumeric()).split(|c: char| !c.is_alphanumeric()).next();
    word.is_some_and(|w| {
        let entry = look_up(w);
        let verb = entry.is(AUX | VERB) || entry.verb.is_some() || w.ends_with("ed") || w.ends_with('s') && !entry.is(DET | PRON);
        w.starts_with(char::is_lowercase) && verb
    })
}

/// A quotation or sentence that goes on behind its cue.
pub(super) fn resume(frame: &Frame<'_>, right: Right, quoted: bool, content: &mut Vec<Range<usize>>) {
    match right {
        Right::CommaQuotation(at) | Right::Colon(at) | Right::Quotation(at) => content.push(at..frame.clause_end(at)),
        Right::Comma(at) => {
            // The next quotation of the frame, if only a few words stand before it, or a clause that goes on.
            let limit = frame.tokens.len().min(at + REACH);
            if quoted {
                if let Some(q) = (at..limit).find(|&i| frame.quotation(i))
                    && !(at..q).any(|i| frame.get(i).is_some_and(|t| t.entry.verb.is_some()))
                {
                    content.push(q..q + 1);
                }
            } else if frame.mark(at, ',')
                && frame.get(at + 1).is_some_and(|t| t.is(SUB | CONJ | PRON | DET | PREP) && !t.is(RELATIVE))
                && frame.clause_end(at) > at + 3
            {
                content.push(at + 1..frame.clause_end(at + 1));
            }
        }
        _ => {}
    }
}
