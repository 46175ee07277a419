//! Where the clauses of a frame begin and end, and what follows a cue.

use super::super::lexicon::{
    ALONE, AUX, BARE, BE, CLAUSE, CONJ, DET, Form, LOOSE, PERSON, PHRASE, PREP, PRON, RELATIVE, SOURCE, SPEECH, SUB, TIME, VERB,
    Verb, lemma,
};
use super::super::tokens::What;
use super::phrases::Frame;
use super::subjects::finite_at;
use super::{LONGEST, REACH, speaks};
use std::ops::Range;

/// What follows a cue, past adverbs and adverbial phrases; each with where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Nothing: the frame or clause ends.
    End(usize),
    /// A comma or another mark, no quotation behind it.
    Comma(usize),
    Quotation(usize),
    CommaQuotation(usize),
    Colon(usize),
    /// A clause with its conjunction.
    That(usize),
    /// A clause without.
    Clause(usize),
    /// Something that the verb takes no clause for.
    Phrase(usize),
}

impl Frame<'_> {
    /// Whether tokens hold a clause, and not just an introduction (`In Ohio`).
    pub(super) fn is_clause(&self, range: Range<usize>) -> bool {
        let range = range.start.max(range.end.saturating_sub(REACH))..range.end;
        if range.clone().any(|i| self.quotation(i)) {
            return true;
        }
        // Introductions are passed over, each up to its comma.
        let mut from = range.start;
        loop {
            while self.is_adverb(from) && from < range.end {
                from += 1;
            }
            let Some(first) = self.get(from).filter(|_| from < range.end) else { return false };
            let question = ["that", "whether", "how", "why", "what"].iter().any(|w| self.word_is(from, w));
            let subordinate = first.is(SUB) && !question && !first.is(DET | PRON);
            let intro = subordinate || first.is(PREP) && !first.is(PRON | DET) || self.word(from).ends_with("ing");
            match (from..range.end).find(|&i| self.mark(i, ',')) {
                Some(comma) if intro => from = comma + 1,
                // `In Ohio the vote was close`
                None if intro => return !subordinate && range.end - from > 7 && (from..range.end).any(|i| self.is(i, AUX)),
                _ => return (from..range.end).any(|i| self.verbal(i)),
            }
        }
    }

    /// Whether nothing but introductions stand there: `Asked whether it would sail,`, `On “Good Morning Oslo,”`.
    pub(super) fn introduces(&self, range: Range<usize>) -> bool {
        let mut from = range.start;
        loop {
            while from < range.end
                && (self.is_adverb(from) && !self.is(from, SUB | PREP) || self.is(from, CONJ) || self.is(from, TIME))
            {
                from += 1;
            }
            let Some(first) = self.get(from).filter(|_| from < range.end) else { return from > range.start };
            let word = self.word(from);
            let intro = first.is_word()
                && (first.is(SUB | PREP) && !first.is(DET | PRON) && !word.eq_ignore_ascii_case("that")
                    || from == 0
                        && (word.ends_with("ing") || matches!(word, "Asked" | "Pressed" | "Questioned" | "Told"))
                        && !self.get(from + 1).is_some_and(|t| t.is(AUX)));
            if !intro {
                return false;
            }
            match (from..range.end).find(|&i| self.mark(i, ',')) {
                Some(comma) => from = comma + 1,
                None => return true,
            }
        }
    }

    /// Whether the token may be a finite verb: an auxiliary, a verb of the lists, or a word that looks like a past form.
    pub(super) fn verbal(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| {
            t.is_word()
                && (t.is(AUX | VERB) || t.entry.verb.is_some() || !t.capital && t.end - t.start > 4 && self.word(i).ends_with("ed"))
                // `he's`
                || t.what == What::Possessive && i > 0 && self.is(i - 1, PRON)
        })
    }

    /// Whether a clause stands there that has no conjunction: something in it is or looks like a finite verb, or is quoted.
    pub(super) fn finite(&self, range: Range<usize>) -> bool {
        let third = |i: usize| self.get(i).is_some_and(|t| t.is_word() && !t.capital && self.word(i).ends_with('s'));
        (range.start..range.end.min(range.start + REACH)).any(|i| self.quotation(i) || self.verbal(i) || third(i))
    }

    /// What follows a cue.
    pub(super) fn right(&self, from: usize, bare: bool) -> Right {
        let limit = self.tokens.len().min(from + REACH);
        let mut at = from;
        let mut phrase = false;
        let mut infinitive = None;
        while at < limit {
            let Some(t) = self.get(at) else { break };
            match t.what {
                // `on “Meet the Press”`
                What::Quotation(_) if phrase && self.inside(at).1 => {}
                What::Quotation(_) => return Right::Quotation(at),
                What::Mark(':') => return Right::Colon(at + 1),
                // `said, however, that`
                What::Mark(',')
                    if (self.is_adverb(at + 1) || phrase && self.name(at + 1) && self.before(at).is_some_and(|t| t.capital))
                        && self.mark(at + 2, ',') =>
                {
                    at += 3;
                    continue;
                }
                What::Mark(',') => {
                    return if self.quotation(at + 1) { Right::CommaQuotation(at + 1) } else { Right::Comma(at) };
                }
                What::Mark('.' | ';' | '?' | '!') => return Right::End(at),
                What::Mark('(') => {
                    // A bracket is passed over.
                    match (at..limit).find(|&i| self.mark(i, ')')) {
                        Some(close) => at = close + 1,
                        None => return Right::End(at),
                    }
                    continue;
                }
                What::Mark(_) => return Right::Comma(at),
                What::Possessive => {}
                What::Word => {
                    if self.word(at) == "By" {
                        return Right::End(at);
                    }
                    if matches!(self.word(at), "that" | "whether" | "how" | "why" | "if") {
                        return infinitive.map_or(Right::That(at), Right::Phrase);
                    }
                    if at == from
                        && (t.is(SUB | RELATIVE)
                            && !t.is(PREP)
                            && !self.word_is(at, "as")
                            && !self.word_is(at, "than")
                            && !matches!(self.word(at), "when" | "while" | "after" | "before" | "since" | "until" | "then"))
                    {
                        return Right::That(at);
                    }
                    // `wishes to hear that …`: what is wished is no statement.
                    let bare_verb = |k: usize| {
                        self.get(k).is_some_and(|n| {
                            let says = n.entry.verb.is_some_and(|v| v.takes & CLAUSE != 0);
                            n.is_word() && !n.capital && n.is(BE | VERB) && !says && !n.is(PERSON | SOURCE)
                        })
                    };
                    if infinitive.is_none() && self.word_is(at, "to") && bare_verb(at + 1) {
                        infinitive = Some(at);
                    }
                    // `went on, however, and Roe told …`
                    if t.is(CONJ) && at > from && self.mark(at - 1, ',') {
                        return Right::Comma(at);
                    }
                    let adverbial = self.is_adverb(at) || t.is(TIME) || t.is(PREP) && !t.capital;
                    if !phrase && !adverbial {
                        if matches!(self.word(at), "when" | "while" | "after" | "before" | "since" | "until" | "then" | "as") {
                            return Right::Comma(at);
                        }
                        return if bare || t.is(CONJ) { Right::Clause(at) } else { Right::Phrase(at) };
                    }
                    if t.is(PREP) && !t.capital {
                        phrase = true;
                    } else if phrase
                        && bare
                        && at > from + 1
                        && matches!(self.word(at), "he" | "she" | "they" | "it" | "we" | "I" | "there")
                        && !self.is(at - 1, PREP)
                    {
                        return Right::Clause(at);
                    }
                }
            }
            at += 1;
        }
        Right::End(at)
    }

    /// Where a clause that begins at `from` ends, before the next cue that is not inside it.
    pub(super) fn clause_end(&self, from: usize) -> usize {
        self.end_of(from, false)
    }

    /// As [`Self::clause_end`]; a clause inside a relative clause ends before the verb of the outer one, too.
    pub(super) fn end_of(&self, from: usize, relative: bool) -> usize {
        let limit = self.tokens.len().min(from + LONGEST);
        let mut dashed = false;
        for i in from..limit {
            let Some(t) = self.get(i) else { break };
            match t.what {
                What::Mark(';') => return i,
                What::Mark('—' | '–' | '-') if i > from + 2 => {
                    // A pair of dashes is passed over.
                    let near = self.tokens.len().min(i + 40);
                    if !(i + 1..near).any(|k| self.get(k).is_some_and(|u| u.what == t.what)) && !dashed {
                        return i;
                    }
                    dashed = !dashed;
                }
                What::Mark('.' | '!' | '?') if i + 1 == self.tokens.len() => return i,
                // The comma stands inside the marks: `the “ice age,” Roe said`.
                What::Quotation(_) if i > from && self.comma_inside(i) && self.parts(from, i, relative) => return i + 1,
                What::Mark(',') if i > from && self.parts(from, i, relative) => return i,
                What::Word if t.is(CONJ) && i > from + 1 && self.joins_saying(i + 1) => return i,
                // A heading with its byline: `Allies say little By Ada Roe`
                What::Word if i > from && self.word(i) == "By" && self.name(i + 1) => return i,
                _ => {}
            }
        }
        limit
    }

    /// Whether a verb of saying stands at `at`, alone or with its subject: `… and said that`, `… and Roe said`.
    pub(super) fn joins_saying(&self, at: usize) -> bool {
        let says = |v: Verb| {
            let firm = v.takes & CLAUSE != 0 && v.takes & LOOSE == 0;
            v.takes & SPEECH != 0 && (v.form == Form::Past || v.form == Form::Third && firm)
        };
        self.get(at).and_then(|t| t.entry.verb).is_some_and(says) || self.speaks(at) && !self.word_is(at, "that")
    }

    /// Whether what is said from `from` on ends with the comma at `comma`, or with that of the quotation there.
    pub(super) fn parts(&self, from: usize, comma: usize, relative: bool) -> bool {
        let j = comma + 1;
        let Some(n) = self.get(j) else { return self.mark(comma, ',') };
        let verb = |k: usize| self.get(k).and_then(|t| t.entry.verb);
        let participle = |k: usize| verb(k).is_some_and(|v| v.form == Form::Ing && v.takes & (CLAUSE | PHRASE) != 0);
        let told = |v: Verb| matches!(v.form, Form::Past | Form::Third) && v.takes & CLAUSE != 0 && v.takes & LOOSE == 0;
        // `the files, while punctual, no longer tell`: nothing is said before the verb.
        let aside = matches!(self.word(j), "while" | "although" | "though");
        if aside && self.mark(comma, ',') && self.word_is(from, "that") && !(from + 1..comma).any(|i| self.verbal(i)) {
            return false;
        }
        participle(j)
            || (self.is_adverb(j) || n.is(CONJ)) && participle(j + 1)
            || matches!(self.word(j), "but" | "according" | "while" | "although" | "though")
            // Behind a quotation, what is said may go on: `a “poor country,” where nobody sails`.
            || self.adds(from, comma) && (self.mark(comma, ',') || !matches!(self.word(j), "where" | "who" | "whose" | "as"))
            || n.is(CONJ) && verb(j + 1).is_some_and(told)
            || self.mark(comma, ',') && self.quotation(j) && comma > from + 1
            || relative && (n.is(AUX) || verb(j).is_some_and(|v| matches!(v.form, Form::Past | Form::Third)))
            || self.speaks(j + usize::from(n.is(CONJ))) && !self.word_is(j + 1, "that")
    }

    /// Whether the quotation at `i` ends in a comma.
    pub(super) fn comma_inside(&self, i: usize) -> bool {
        let text = self.get(i).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default();
        text.trim_end_matches(['"', '”', '\'', '’', '»', '`']).ends_with(',')
    }

    /// Whether the last clause of the frame, behind the comma at `comma`, is the author's word on what is said from `from` on:
    /// `Roe said she would sail, which takes an hour.`
    pub(super) fn adds(&self, from: usize, comma: usize) -> bool {
        let limit = self.tokens.len().min(comma + REACH);
        let word = self.word(comma + 1);
        (matches!(word, "which" | "who" | "whose" | "where" | "as" | "compared" | "a" | "an")
            || matches!(word, "leading" | "throwing" | "prompting" | "leaving" | "sending" | "raising" | "forcing" | "sparking")
            // `…, and the guild has appealed`; not `…, and the guild would appeal`, which is reported, too.
            || self.is(comma + 1, CONJ)
                && self.phrase_at(comma + 2).filter(|s| !self.is(s.start, SUB)).is_some_and(|s| {
                    let reported = ["would", "could", "should", "might", "must", "had", "was", "were", "did"]
                        .iter()
                        .any(|w| self.word_is(s.end, w));
                    finite_at(self, s.end) && !reported && speaks(self, &s)
                }))
            && !(comma + 2..limit).any(|i| self.mark(i, ',') || self.quotation(i))
            && (from..comma).any(|i| self.verbal(i))
    }

    /// Whether a subject with a verb of saying begins at `at`.
    pub(super) fn speaks(&self, at: usize) -> bool {
        let Some(subject) = self.phrase_at(at) else { return false };
        let mut i =
            if self.is(subject.end.saturating_sub(1), PERSON | ALONE) { self.qualified(subject.end) } else { subject.end };
        while i < subject.end + 4 && (matches!(self.word(i), "has" | "have" | "had" | "did") || self.is_adverb(i)) {
            i += 1;
        }
        let pronoun = matches!(self.word(at), "he" | "she" | "they");
        self.get(i).and_then(|t| t.entry.verb).is_some_and(|v| {
            let finite = matches!(v.form, Form::Past | Form::Third | Form::Base | Form::Participle);
            let says = v.takes & SPEECH != 0;
            finite && says && v.takes & CLAUSE != 0 && (v.takes & BARE != 0 || lemma(v) == "add")
                // `…, and he rejected the offer`
                || pronoun && v.form == Form::Past && says && v.takes & LOOSE == 0
        })
    }

    /// Up to the first comma, be it the last sign of a quotation.
    pub(super) fn first_comma(&self, range: Range<usize>) -> usize {
        let comma = |&k: &usize| self.mark(k, ',') || self.quotation(k) && self.ends_open(k);
        range.clone().find(comma).map_or(range.end, |k| k + usize::from(self.quotation(k)))
    }

    /// Start of the clause that ends before `end`, not before `floor`.
    pub(super) fn clause_start(&self, end: usize, floor: usize) -> usize {
        let lowest = floor.max(end.saturating_sub(LONGEST));
        let mut at = end;
        while at > lowest {
            match self.get(at - 1).map(|t| t.what) {
                Some(What::Mark(';')) => break,
                // `Roe was brief: “No,” she said.`
                // `Lind disagrees: the ice is thick, he says.`
                Some(What::Mark(':'))
                    if self.quotation(at) || at + 3 < end && self.verbal_before(at - 1) && self.is_clause(at..end) =>
                {
                    break;
                }
                _ => at -= 1,
            }
        }
        while at < end && self.stamp(at) {
            at += if self.mark(1, ':') && at == 0 { 3 } else { 1 };
        }
        while self.get(at).is_some_and(|t| matches!(t.what, What::Mark(',' | '.' | '—' | '–' | '-'))) && at < end {
            at += 1;
        }
        at
    }
}
