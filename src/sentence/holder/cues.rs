//! Cues of a frame (`said`, `according to`, `claim that`) to attributions: who, to whom, what.
//!
//! There is no parser. From each cue the subject is looked for on its left, or on its right where the order is turned round
//! (`said Roe`), and what is said on the other side or behind. Every look is bounded by [`REACH`] tokens, so that the time is
//! linear in the length of a frame.

#![allow(clippy::single_range_in_vec_init, reason = "content is a list of spans, most often of one")]

use super::lexicon::{
    ADV, ALONE, AUX, BARE, BE, CALENDAR, CLAUSE, CONJ, DET, FEMALE, Form, HEARER, LOOSE, MALE, NO_PERSON, OBJECT, PERSON, PHRASE,
    PLURAL, PREP, PRON, QUOTED, RELATIVE, SAYING, SOURCE, SPEECH, SUB, TIME, TITLE, TO, VERB, Verb, lemma, look_up,
};
use super::tokens::{Token, What};
use std::ops::Range;

/// How far a rule looks to either side, in tokens.
const REACH: usize = 60;
/// The longest stretch that is taken as what is said, in tokens; a quotation is one.
const LONGEST: usize = 400;

/// Fewest words of a quotation that counts without a cue.
const WORDS_BESIDE: usize = 4;

/// How an attribution was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// `…, said Roe.`
    Inverted,
    /// `…, Roe said.`
    Behind,
    /// `Roe said that …`, `Roe said: “…”`
    Before,
    /// `Roe called it …`
    Phrase,
    /// `according to Roe`
    According,
    /// `…, adding that …`
    Participle,
    /// `Roe: …`
    Colon,
    /// `the claim by Roe that …`
    Noun,
    /// A quotation beside no cue, in a sentence with a subject.
    Beside,
    /// A quotation by itself: the speaker before goes on.
    Alone,
}

/// An attribution inside a frame, in indices of the frame's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub shape: Shape,
    pub verb: Option<Verb>,
    pub cue: Range<usize>,
    /// The speaker as written.
    pub speaker: Range<usize>,
    pub addressee: Option<Range<usize>>,
    /// What is said, in order.
    pub content: Vec<Range<usize>>,
}

/// The frame being looked at.
pub(super) struct Frame<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl Frame<'_> {
    fn get(&self, i: usize) -> Option<&Token> {
        self.tokens.get(i)
    }

    fn before(&self, i: usize) -> Option<&Token> {
        i.checked_sub(1).and_then(|i| self.tokens.get(i))
    }

    fn is(&self, i: usize, flags: u32) -> bool {
        self.get(i).is_some_and(|t| t.is(flags))
    }

    fn mark(&self, i: usize, c: char) -> bool {
        self.get(i).is_some_and(|t| t.is_mark(c))
    }

    fn quotation(&self, i: usize) -> bool {
        self.get(i).is_some_and(Token::is_quotation)
    }

    pub(super) fn word(&self, i: usize) -> &str {
        self.get(i).and_then(|t| self.text.get(t.start..t.end)).unwrap_or("")
    }

    pub(super) fn word_is(&self, i: usize, word: &str) -> bool {
        self.word(i).eq_ignore_ascii_case(word)
    }

    /// Whether the quotation at `i` ends in a comma, a question mark, an exclamation mark or a dash: more follows.
    fn ends_open(&self, i: usize) -> bool {
        let Some(t) = self.get(i) else { return false };
        let text = self.text.get(t.start..t.end).unwrap_or_default();
        text.trim_end_matches(['"', '”', '\'', '’', '»', '`']).trim_end().ends_with([',', '?', '!', '—', '-', '…'])
    }

    /// How many words the quotation at `i` has, and whether they look like a title: capitals on all but the small words.
    fn inside(&self, i: usize) -> (usize, bool) {
        let Some(t) = self.get(i) else { return (0, false) };
        let text = self.text.get(t.start..t.end).unwrap_or_default();
        let mut words = 0;
        let mut title = true;
        for word in text
            .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-' | '.'))
            .filter(|w| w.contains(char::is_alphanumeric))
        {
            words += 1;
            let small = word.trim_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_lowercase);
            title &= !small || words > 1 && word.len() <= 4 && look_up(word).is(DET | PREP | CONJ);
            if words > 40 {
                return (words, false);
            }
        }
        (
            words,
            title
                && !text
                    .trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '?' | '!' | '.'))
                    .ends_with(['.', '!', '?']),
        )
    }

    /// A name: a capitalised word that is no function word. `Will` and `May` are names where they do not begin the frame.
    fn name(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| {
            let plain = !t.is(DET | PRON | PREP | CONJ | SUB | AUX | ADV | ALONE) && (!t.is(TIME) || i > 0 && !t.is(CALENDAR));
            let modal = i > 0 && t.is(AUX) && !t.is(BE | ADV) && t.end - t.start > 2
                // `said Per Holm`
                || i > 0 && t.is(PREP) && t.is(MALE | FEMALE) && self.get(i + 1).is_some_and(|n| n.is_word() && n.capital);
            // `Based in Oslo, …`, `Immediately after the storm, …`, `Essentially, …`
            let opening = i == 0
                && t.end - t.start > 4
                && !t.is(MALE | FEMALE)
                && match self.get(1) {
                    Some(next) if next.is_word() && !next.capital => {
                        let word = self.word(i);
                        word.ends_with("ed")
                            || word == "Written"
                            || word.ends_with("ly") && !next.is(AUX) && next.entry.verb.is_none()
                    }
                    Some(next) => next.is_mark(',') && self.word(i).ends_with("ly"),
                    None => false,
                };
            // `There was …`, `More than ten …`
            let filler = i == 0 && matches!(self.word(i), "There" | "Here" | "More" | "Indeed" | "Whoever")
                // `Led by Roe, …`, `See the list.`, `Wait for her.`
                || i == 0 && t.is(VERB) && self.get(1).is_some_and(|n| n.is_word() && !n.capital && n.is(DET | PREP | PRON | OBJECT | SUB | TIME));
            t.is_word() && t.capital && (plain || modal) && !opening && !filler
        })
    }

    /// Whether a clause stands before the token at `end`, up to eight tokens from it.
    fn verbal_before(&self, end: usize) -> bool {
        (end.saturating_sub(8)..end).any(|i| self.verbal(i))
    }

    /// Whether the token at `i` is of the time that an entry of a live report begins with: `12:05 Roe says`, `12.05 Roe says`.
    fn stamp(&self, i: usize) -> bool {
        let digits =
            |k: usize| self.get(k).is_some_and(|t| t.end - t.start <= 2) && self.word(k).bytes().all(|b| b.is_ascii_digit());
        let dotted = |w: &str| {
            w.split_once('.').is_some_and(|(hour, minute)| {
                (1..=2).contains(&hour.len())
                    && minute.len() == 2
                    && (hour.bytes().chain(minute.bytes())).all(|b| b.is_ascii_digit())
            })
        };
        let capital = |k: usize| self.get(k).is_some_and(|t| t.capital || t.is_quotation());
        match i {
            0 if dotted(self.word(0)) => capital(1),
            0 | 2 => digits(0) && self.mark(1, ':') && digits(2) && self.word(2).len() == 2 && capital(3),
            _ => false,
        }
    }

    /// May stand inside a noun phrase, before or at its head.
    fn nominal(&self, i: usize) -> bool {
        let Some(t) = self.get(i) else { return false };
        match t.what {
            What::Possessive => true,
            What::Word if i < 3 && self.stamp(i) => false,
            What::Word => {
                self.name(i)
                    || !(t.is(DET | PRON | PREP | CONJ | SUB | AUX | ADV | RELATIVE) || self.is_adverb(i))
                        && (!t.is(VERB) || t.is(PERSON | SOURCE))
                        && (t.entry.verb.is_none() || t.is(PERSON | SOURCE) || self.adjectival(i))
                        && !t.is(TIME)
                    || t.is(ALONE)
                    // `last Monday night's briefing`
                    || t.is(TIME)
                        && (i + 1..=i + 2)
                            .find(|&k| !self.is(k, TIME))
                            .is_some_and(|k| self.get(k).is_some_and(|n| n.what == What::Possessive))
                    // `the Nov. 8 election`
                    || t.is(CALENDAR) && self.word(i + 1).starts_with(|c: char| c.is_ascii_digit())
            }
            _ => false,
        }
    }

    /// A participle before a noun (`the proposed law`, `the ruling party`).
    fn adjectival(&self, i: usize) -> bool {
        self.get(i)
            .and_then(|t| t.entry.verb)
            .is_some_and(|v| matches!(v.form, Form::Past | Form::Participle | Form::Ing | Form::Base | Form::Third))
            && i.checked_sub(1)
                .is_some_and(|p| self.is(p, DET) || self.get(p).is_some_and(|t| t.what == What::Possessive) || self.name(p))
            && self.get(i + 1).is_some_and(|t| t.is_word() && !t.is(DET | PRON | PREP | CONJ | SUB | AUX | OBJECT))
    }

    fn is_adverb(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| {
            t.is_word()
                && (t.is(ADV)
                    || !t.capital
                        && t.end - t.start > 4
                        && self.word(i).ends_with("ly")
                        && !t.is(PERSON | SOURCE)
                        && !matches!(self.word(i), "family" | "supply" | "reply" | "italy"))
        })
    }

    /// The noun phrase that ends before `end`. Bounded.
    fn phrase_before(&self, end: usize) -> Option<Range<usize>> {
        let floor = end.saturating_sub(REACH);
        let mut start = end;
        // A bracket behind the name: `Roe (R-Iowa)`.
        if end > 0 && self.mark(end - 1, ')') {
            let open = (floor..end).rev().take(14).find(|&i| self.mark(i, '('))?;
            let inner = self.phrase_before(open)?;
            return Some(inner.start..inner.end);
        }
        let mut worded = false;
        while start > floor {
            let i = start - 1;
            let Some(t) = self.get(i) else { break };
            if !worded && t.is_word() && t.is(PRON | OBJECT) && !t.capital | t.is(PRON) && start == end {
                // `one of them`
                if i >= 2 && self.word_is(i - 1, "of") && self.is(i - 2, ALONE) {
                    // `the nephew of one of them`
                    let whose = i.checked_sub(3).filter(|&of| self.word_is(of, "of")).and_then(|of| self.phrase_before(of));
                    return Some(whose.map_or(i - 2, |w| w.start)..end);
                }
                return (t.is(PRON)).then_some(i..end);
            }
            if self.nominal(i) {
                // `Roe said the party's Bo Lind`: a name is not joined to a lower-case word behind it by anything but a title.
                worded |= t.is_word();
                start = i;
            } else if matches!(self.word(i), "what" | "What") {
                // `what Roe calls`
                break;
            } else if t.is(DET) {
                start = i;
                worded = true;
                // `all of the`, `one of the`
                if i >= 2
                    && self.word_is(i - 1, "of")
                    && (self.is(i - 2, ALONE | PERSON | SOURCE | SAYING) || self.nominal(i - 2))
                {
                    start = i - 1;
                    continue;
                }
                // `a spokesman for the ministry`
                if i >= 2 && self.is(i - 1, PREP) && self.attaches(i - 1) {
                    start = i - 1;
                    continue;
                }
                break;
            } else if worded
                && (t.is(PREP) && self.attaches(i)
                    || t.is(CONJ)
                        && !self.word_is(i, "but")
                        && i > 0
                        && (self.name(i - 1) && self.name(start)
                            || self.is(i - 1, PERSON | SOURCE) && self.is(start, PERSON | SOURCE)))
            {
                start = i;
            } else {
                break;
            }
        }
        // Not `of`, `and` at the front; `that` where a clause begins: `that nobody`, `that Lind`, `that officials`.
        while start < end
            && (self.is(start, PREP | CONJ) && !self.is(start, DET)
                || self.word_is(start, "that") && (self.is(start + 1, DET | PRON | PLURAL) || self.name(start + 1)))
            && !self.name(start)
        {
            start += 1;
        }
        // Whose it is stands further away than the rules see.
        if self.get(start).is_some_and(|t| t.what == What::Possessive) {
            return None;
        }
        (worded && start < end && !(end - start == 1 && self.is(start, DET) && !self.is(start, ALONE))).then_some(start..end)
    }

    /// Whether the preposition at `i` joins two parts of one noun phrase: a noun stands before it.
    fn attaches(&self, i: usize) -> bool {
        let Some(p) = i.checked_sub(1) else { return false };
        let word = self.word(i);
        self.is(p, PERSON | SOURCE | SAYING | ALONE) && !self.is(p, AUX)
            || matches!(
                word,
                "of" | "for" | "at" | "from" | "with" | "in" | "on" | "to" | "by" | "inside" | "within" | "near" | "against"
            ) && self.nominal(p)
                && (word == "of" || self.get(p).is_some_and(|t| !t.capital) || p > 0 && self.is(p - 1, DET))
    }

    /// The head of a noun phrase: its last word before a preposition.
    fn head(&self, phrase: &Range<usize>) -> usize {
        let end = (phrase.start + 1..phrase.end)
            .find(|&i| {
                self.is(i, PREP)
                    || self.mark(i, ',')
                    // `two people briefed on the plan`, `people familiar with the plan`
                    || i + 1 < phrase.end && self.is(i - 1, PERSON | SOURCE | ALONE) && self.is(i + 1, PREP) && self.qualifies(i)
            })
            .unwrap_or(phrase.end);
        end.saturating_sub(1).max(phrase.start)
    }

    /// A participle or adjective that tells more about the noun before it: `briefed`, `familiar`.
    fn qualifies(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| t.is_word() && !t.capital && !t.is(AUX))
            && (self.word(i).ends_with("ed")
                || matches!(
                    self.word(i),
                    "familiar" | "close" | "present" | "privy" | "aware" | "speaking" | "involved" | "seen" | "based"
                ))
    }

    /// Past what qualifies the noun phrase that ends at `end`: `people briefed on the plan`, `an official who was there`.
    fn qualified(&self, end: usize) -> usize {
        let limit = self.tokens.len().min(end + 12);
        let relative = self.is(end, RELATIVE | SUB) && matches!(self.word(end), "who" | "that");
        if !(relative || self.is(end, PREP) || self.qualifies(end) && self.is(end + 1, PREP)) {
            return end;
        }
        (end + 2..limit)
            .take_while(|&i| self.get(i).is_some_and(|t| t.is_word() || t.what == What::Possessive))
            .find(|&i| self.get(i).is_some_and(|t| t.entry.verb.is_some_and(|v| v.form == Form::Past && v.takes & SPEECH != 0)))
            .unwrap_or(end)
    }

    /// Past the phrases that hang on a preposition: `Roe in a letter` is Roe, `a deal in Oslo` a deal.
    fn unhung(&self, phrase: Range<usize>) -> Range<usize> {
        let mut best = phrase.clone();
        for _ in 0..3 {
            let hangs = |p: usize| {
                matches!(self.word(p), "in" | "on" | "at" | "from" | "with" | "during" | "for" | "of" | "to" | "through")
            };
            let Some(p) = best.start.checked_sub(1).filter(|&p| hangs(p)) else { return best };
            // `a source speaking to Radio Nord`
            let end = if p > 0 && (self.qualifies(p - 1) || self.word(p - 1).ends_with("ing")) { p - 1 } else { p };
            match self.phrase_before(end) {
                Some(outer) => best = outer,
                None => return best,
            }
        }
        best
    }

    /// Whether a phrase names somebody or something that may speak.
    fn may_speak(&self, phrase: &Range<usize>) -> bool {
        phrase.clone().any(|k| self.name(k)) || self.is(self.head(phrase), PERSON | SOURCE | ALONE | PRON)
    }

    /// The noun before a relative clause that ends before `end` and has its own verb: `officials who know the plan said`.
    fn before_relative(&self, end: usize, near: Option<&Range<usize>>) -> Option<Range<usize>> {
        let floor = end.saturating_sub(20);
        let upto = near.map_or(end, |n| n.start);
        let who = (floor..end)
            .rev()
            .take_while(|&i| self.get(i).is_some_and(|t| t.is_word() || t.what == What::Possessive))
            .find(|&i| matches!(self.word(i), "who" | "that"))?;
        let verb = |i: usize| {
            self.get(i)
                .is_some_and(|t| t.is_word() && (t.is(AUX | VERB) || t.entry.verb.is_some() || self.word(i).ends_with("ed")))
        };
        // `a German who deals with such papers said`: what looks like a noun is the verb.
        let third = || {
            who + 1 == upto
                && self.word_is(who, "who")
                && self.get(upto).is_some_and(|t| !t.capital)
                && self.word(upto).ends_with('s')
        };
        if !(who + 1..upto).any(verb) && !third() {
            return None;
        }
        let outer = self.phrase_before(who)?;
        // `who` tells that it is a person, whatever the noun: `a smuggler who was caught said`.
        (self.word_is(who, "who") || self.is(self.head(&outer), PERSON | SOURCE | ALONE)).then_some(outer)
    }

    /// The subject that ends before `end`, past appositions, relative clauses and brackets between commas.
    fn subject_before(&self, end: usize) -> Option<Range<usize>> {
        let last = end.checked_sub(1)?;
        if self.mark(last, ',') || matches!(self.get(last).map(|t| t.what), Some(What::Mark('—' | '–' | '-'))) {
            let mark = self.get(last)?.what;
            let floor = end.saturating_sub(REACH);
            // `Roe (R-Iowa), said`
            if self.mark(last.wrapping_sub(1), ')')
                && let Some(named) = self.phrase_before(last).filter(|p| p.clone().any(|i| self.name(i)))
            {
                return Some(named);
            }
            let (mut best, mut hung) = (None, None);
            let mut comma = last;
            while let Some(before) = (floor..comma).rev().find(|&i| self.get(i).is_some_and(|t| t.what == mark)) {
                if (before..last).any(|i| self.quotation(i)) && best.is_some() {
                    break;
                }
                if !self.apposition(before + 1, last) {
                    break;
                }
                let Some(phrase) = self.phrase_before(before) else { break };
                // `Roe, who lost a boat in Aurora, Colorado, said`: the place is not who speaks.
                let placed = phrase.start > 0
                    && (["in", "at", "near", "from", "on"].iter().any(|w| self.word_is(phrase.start - 1, w))
                        || phrase.start > 1 && self.word(phrase.start - 1) == "of" && self.mark(phrase.start - 2, ','));
                if placed && before < last {
                    hung = hung.or(Some(phrase));
                    comma = before;
                    continue;
                }
                let named = phrase.clone().any(|i| self.name(i));
                let personal = phrase.clone().any(|i| self.is(i, PERSON | SOURCE | ALONE));
                if named || personal {
                    best = Some(phrase.clone());
                    let plain = self.get(before + 1).is_some_and(|t| !t.capital || t.is(DET | PREP | RELATIVE));
                    // `Roe, director of the Port Office, which …`
                    let told = phrase.start > 0
                        && self.mark(phrase.start - 1, ',')
                        && self.get(phrase.start).is_some_and(|t| !t.capital);
                    // `who is now a fellow at the Center`
                    let clean =
                        phrase.start == 0 || self.get(phrase.start - 1).is_some_and(|t| !t.is_word() || t.is(CONJ | SUB | PREP));
                    if named && !told && clean && (plain || !(phrase.start > 0 && self.mark(phrase.start - 1, ','))) {
                        break;
                    }
                } else if best.is_some() {
                    break;
                }
                comma = before;
            }
            return best.or(hung);
        }
        self.phrase_before(end)
    }

    /// Whether what stands from `start` up to a comma tells more about the name before it.
    fn apposition(&self, start: usize, end: usize) -> bool {
        if start >= end {
            return false;
        }
        let Some(t) = self.get(start) else { return false };
        t.is(DET | RELATIVE | PREP | TITLE | PERSON | SOURCE | ALONE)
            || t.capital
            || t.is_quotation()
            || t.entry.verb.is_some()
            || self.word(start).starts_with(|c: char| c.is_ascii_digit())
            || matches!(
                self.word(start),
                "himself"
                    | "herself"
                    | "themselves"
                    | "then"
                    | "now"
                    | "once"
                    | "also"
                    | "too"
                    | "however"
                    | "former"
                    | "formerly"
                    | "whose"
                    | "along"
                    | "like"
                    | "including"
            )
            || self.is_adverb(start)
            || self.word(start).ends_with("ing")
            || self.word(start).ends_with("ed")
            // `legal director for …`
            || (start..end.min(start + 4)).any(|i| self.is(i, PERSON))
    }

    /// The noun phrase that begins at `start`: of an inverted cue, of `according to`, of an addressee.
    fn phrase_at(&self, start: usize) -> Option<Range<usize>> {
        let mut end = start;
        let mut noun = false;
        let limit = self.tokens.len().min(start + 30);
        while end < limit {
            let Some(t) = self.get(end) else { break };
            if end == start && t.is(PRON | OBJECT) && !t.is(DET) {
                return Some(start..end + 1);
            }
            // A verb of no list: `Roe groused`, `the reporters gathered`.
            let before = if end > start { self.get(end - 1) } else { None };
            if t.is_word()
                && !t.capital
                && noun
                && !t.is(PERSON | SOURCE | PREP | CONJ | SAYING | ALONE)
                && before.is_some_and(|b| {
                    b.is_word() && (b.capital && !b.is(DET | ALONE) || !b.is(DET) && self.word(end).ends_with("ed"))
                })
                && !self.leads_to_person(end)
            {
                break;
            }
            if self.nominal(end) || t.is(TITLE) && t.is_word() {
                noun = true;
            } else if t.is(DET) && (end == start || !noun || self.is(end - 1, PREP)) {
                noun |= t.is(ALONE);
            } else if t.is_word()
                && !t.capital
                && (t.is(PERSON | SOURCE | VERB) && self.get(end - usize::from(end > 0)).is_some_and(|p| p.is(DET)))
            {
                noun = true;
            } else if t.is(PREP)
                && noun
                && (matches!(self.word(end), "of" | "for" | "at" | "from" | "in" | "with")
                    && (self.get(end + 1).is_some_and(|n| n.is(DET) && !n.is(PRON) || n.capital && !n.is(TIME))
                        || self.word(end) == "of"))
            {
                // goes on
            } else if t.is(CONJ)
                && noun
                && !self.word_is(end, "but")
                && self.name(end + 1)
                && self.name(end - usize::from(end > 0))
            {
                // `Roe and Lind`
            } else {
                break;
            }
            end += 1;
        }
        while end > start && self.is(end - 1, PREP | CONJ) && !self.name(end - 1) {
            end -= 1;
        }
        (noun && end > start).then_some(start..end)
    }

    /// Whether the word at `i` is one before a person's noun: `National security adviser`.
    fn leads_to_person(&self, i: usize) -> bool {
        let noun = |t: &Token| t.is_word() && !t.is(VERB | AUX | PREP | CONJ | DET | SUB);
        self.get(i).is_some_and(|t| t.entry.verb.is_none() && !t.is(VERB))
            && (i + 1..i + 3).take_while(|&k| self.get(k).is_some_and(noun)).any(|k| self.is(k, PERSON))
    }

    /// The subject of the clause that begins at `from`: its first noun phrase, past an introduction before a comma.
    fn main_subject(&self, from: usize, before: usize) -> Option<Range<usize>> {
        let mut at = from;
        let limit = before.min(from + REACH);
        // `But`, `Meanwhile,`, a quotation
        for _ in 0..4 {
            let t = self.get(at).filter(|_| at < limit)?;
            if let Some(comma) =
                (at..limit.min(at + 6)).find(|&i| self.mark(i, ',')).filter(|&c| (at..c).any(|i| self.is(i, TIME)))
            {
                at = comma + 1;
            } else if t.is(SUB | PREP) && !self.name(at)
                || t.capital
                    && (self.word(at).ends_with("ing")
                        // `Reached by radio, …`, `Here in Oslo, …`
                        || (matches!(self.word(at), "Here" | "Back") || !self.name(at) && self.word(at).ends_with("ed"))
                            && self.is(at + 1, PREP))
            {
                // An introduction: up to its comma, or to that behind the state: `In Salem, New Hampshire, …`
                let mut comma = (at..limit).find(|&i| self.mark(i, ','))?;
                let place = (comma + 1..limit).find(|&i| !self.name(i)).filter(|&i| self.mark(i, ','));
                if let Some(next) =
                    place.filter(|&next| (comma + 1..next).any(|i| self.is(i, NO_PERSON) || self.word(i).ends_with('.')))
                {
                    comma = next;
                }
                at = comma + 1;
            } else if t.is(CONJ)
                || self.is_adverb(at) && !self.name(at)
                || matches!(t.what, What::Mark(_))
                || t.is_quotation()
                || t.is(TIME)
                || self.stamp(at)
            {
                at += 1;
            } else {
                break;
            }
        }
        let t = self.get(at).filter(|_| at < limit)?;
        if t.is(PRON) {
            return Some(at..at + 1);
        }
        self.phrase_at(at).filter(|p| p.end <= limit)
    }

    /// Whether tokens hold a clause, and not just an introduction (`In Ohio`).
    fn is_clause(&self, range: Range<usize>) -> bool {
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
    fn introduces(&self, range: Range<usize>) -> bool {
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
    fn verbal(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| {
            t.is_word()
                && (t.is(AUX | VERB) || t.entry.verb.is_some() || !t.capital && t.end - t.start > 4 && self.word(i).ends_with("ed"))
                // `he's`
                || t.what == What::Possessive && i > 0 && self.is(i - 1, PRON)
        })
    }

    /// Whether a clause stands there that has no conjunction: something in it is or looks like a finite verb, or is quoted.
    fn finite(&self, range: Range<usize>) -> bool {
        let third = |i: usize| self.get(i).is_some_and(|t| t.is_word() && !t.capital && self.word(i).ends_with('s'));
        (range.start..range.end.min(range.start + REACH)).any(|i| self.quotation(i) || self.verbal(i) || third(i))
    }

    /// What follows a cue.
    fn right(&self, from: usize, bare: bool) -> Right {
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
    fn clause_end(&self, from: usize) -> usize {
        self.end_of(from, false)
    }

    /// As [`Self::clause_end`]; a clause inside a relative clause ends before the verb of the outer one, too.
    fn end_of(&self, from: usize, relative: bool) -> usize {
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
    fn joins_saying(&self, at: usize) -> bool {
        let says = |v: Verb| {
            let firm = v.takes & CLAUSE != 0 && v.takes & LOOSE == 0;
            v.takes & SPEECH != 0 && (v.form == Form::Past || v.form == Form::Third && firm)
        };
        self.get(at).and_then(|t| t.entry.verb).is_some_and(says) || self.speaks(at) && !self.word_is(at, "that")
    }

    /// Whether what is said from `from` on ends with the comma at `comma`, or with that of the quotation there.
    fn parts(&self, from: usize, comma: usize, relative: bool) -> bool {
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
    fn comma_inside(&self, i: usize) -> bool {
        let text = self.get(i).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default();
        text.trim_end_matches(['"', '”', '\'', '’', '»', '`']).ends_with(',')
    }

    /// Whether the last clause of the frame, behind the comma at `comma`, is the author's word on what is said from `from` on:
    /// `Roe said she would sail, which takes an hour.`
    fn adds(&self, from: usize, comma: usize) -> bool {
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
    fn speaks(&self, at: usize) -> bool {
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
    fn first_comma(&self, range: Range<usize>) -> usize {
        let comma = |&k: &usize| self.mark(k, ',') || self.quotation(k) && self.ends_open(k);
        range.clone().find(comma).map_or(range.end, |k| k + usize::from(self.quotation(k)))
    }

    /// Start of the clause that ends before `end`, not before `floor`.
    fn clause_start(&self, end: usize, floor: usize) -> usize {
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

/// What follows a cue, past adverbs and adverbial phrases; each with where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
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

/// Looks for the attributions of a frame.
pub(super) fn find(frame: &Frame<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // Up to where tokens to the left belong to an attribution before.
    let mut floor = 0;
    for i in 0..frame.tokens.len() {
        let Some(t) = frame.get(i).filter(|t| t.is_word()) else { continue };
        let next = if frame.word_is(i, "according") && frame.word_is(i + 1, "to") {
            according(frame, i, floor)
        } else if let Some(verb) = t.entry.verb {
            by_verb(frame, i, verb, floor, &found).or_else(|| by_noun(frame, i))
        } else if t.is(SAYING) {
            by_noun(frame, i)
        } else {
            None
        };
        if let Some(next) = next.filter(|n| plausible(frame, n)) {
            // What is said inside another statement belongs to that; a verb that seldom reports gives way.
            let inside = |f: &&Found| {
                matches!(f.shape, Shape::Before | Shape::Participle | Shape::According | Shape::Phrase | Shape::Noun)
                    && f.content.iter().any(|c| c.contains(&i))
            };
            let around = matches!(next.shape, Shape::Inverted | Shape::Behind) || frame.word_is(i, "according");
            // `the dismay at what one called “amateur hour”`: words of its own inside of another statement.
            let named = next.speaker.start > 0
                && matches!(frame.word(next.speaker.start - 1), "what" | "which")
                && verb_takes(&next, PHRASE)
                && next.content.first().is_some_and(|c| frame.quotation(c.start));
            if !around
                && !named
                && let Some(at) = found.iter().rev().take(4).position(|f| inside(&f))
            {
                let at = found.len() - 1 - at;
                let firm = |f: &Found| {
                    f.verb.is_none_or(|v| v.takes & LOOSE == 0)
                        || f.content.first().is_some_and(|c| frame.word_is(c.start, "that"))
                };
                if found.get(at).is_none_or(firm) {
                    continue;
                }
                found.remove(at);
            }
            if matches!(next.shape, Shape::Inverted | Shape::Behind | Shape::According) {
                floor = next.cue.end.max(next.speaker.end);
            }
            if matches!(next.shape, Shape::Inverted | Shape::Behind) {
                // What it says is all that stands before it, with what is said therein.
                let within = |f: &Found| next.content.iter().any(|c| c.start <= f.cue.start && f.cue.end <= c.end);
                while found.last().is_some_and(within) {
                    found.pop();
                }
                // `Roe had a doubt: “Will it sail?” she asked`: what was announced has its own cue.
                let first = next.content.first().map_or(0, |c| c.start);
                for content in found.last_mut().into_iter().flat_map(|f| &mut f.content) {
                    if content.start < first && first < content.end {
                        content.end = first - usize::from(frame.mark(first - 1, ':') || frame.mark(first - 1, ','));
                    }
                }
            }
            if named && found.last().is_some_and(|f| f.content == next.content) {
                found.pop();
            }
            found.push(next);
        }
    }
    if found.is_empty() {
        found.extend(colon(frame));
    }
    found.retain(|f| f.shape != Shape::Colon || plausible(frame, f));
    uttered(frame, &mut found);
    beside(frame, &mut found);
    found
}

/// `“…,” Roe shot back`: a comma inside the closing mark and a subject behind it make any verb one of saying.
fn uttered(frame: &Frame<'_>, found: &mut Vec<Found>) {
    for i in 0..frame.tokens.len() {
        if found.len() > REACH {
            return;
        }
        if !frame.quotation(i) || !frame.ends_open(i) || found.iter().any(|f| f.content.iter().any(|c| c.contains(&i))) {
            continue;
        }
        // `On “Good Morning Oslo,” Roe danced.`, `As she is “no pilot,” she sank.`
        let (words, title) = frame.inside(i);
        let begins = i == 0 || frame.before(i).is_some_and(|t| matches!(t.what, What::Mark(_) | What::Quotation(_)));
        if !begins && (title || words < WORDS_BESIDE || frame.introduces(0..i)) || frame.word_is(0, "asked") {
            continue;
        }
        // `“Fantastic!” beamed Roe.`
        let turned = frame.get(i + 1).is_some_and(|t| {
            t.is_word() && !t.capital && !t.is(AUX | PREP) && frame.word(i + 1).ends_with("ed") && frame.name(i + 2)
        });
        if turned && let Some(speaker) = frame.phrase_at(i + 2) {
            let cue = i + 1..i + 2;
            found.push(Found { shape: Shape::Inverted, verb: None, cue, speaker, addressee: None, content: vec![i..i + 1] });
            continue;
        }
        let Some(speaker) = frame.phrase_at(i + 1) else { continue };
        let verb = speaker.end + usize::from(frame.is_adverb(speaker.end));
        let who = frame.is(speaker.start, PRON)
            || speaker.clone().any(|k| frame.name(k))
            || frame.is(frame.head(&speaker), PERSON | SOURCE);
        let verbal = frame.get(verb).is_some_and(|t| {
            t.is_word()
                && !t.capital
                && (t.is(VERB) || t.entry.verb.is_some() || frame.word(verb).ends_with("ed"))
                && !t.is(AUX | PREP)
        });
        if who && verbal {
            found.push(Found {
                shape: Shape::Behind,
                verb: None,
                cue: verb..verb + 1,
                speaker,
                addressee: None,
                content: vec![i..i + 1],
            });
        }
    }
}

/// Where what a frame says from its first word on ends.
pub(super) fn clause_end(frame: &Frame<'_>) -> usize {
    frame.clause_end(0)
}

/// Whether a frame goes on with a quotation and leads it to its end: `“They agree, but they aren't there yet” to support him.`
pub(super) fn resumes(frame: &Frame<'_>) -> bool {
    frame.quotation(0)
        && !frame.ends_open(0)
        && frame.inside(0).0 >= WORDS_BESIDE
        && !frame.inside(0).1
        && frame.get(1).is_some_and(|t| t.is_word() && !t.capital && !t.is(AUX) && t.entry.verb.is_none())
}

/// Whose words a frame that ends in a colon announces.
pub(super) fn announcer(frame: &Frame<'_>) -> Option<Range<usize>> {
    let from = frame.tokens.len().saturating_sub(REACH);
    let verb = (from..frame.tokens.len())
        .rev()
        .find(|&i| frame.get(i).is_some_and(|t| t.entry.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.form != Form::Base)));
    verb.and_then(|i| frame.subject_before(verb_group(frame, i).0)).filter(|s| speaks(frame, s)).or_else(|| subject(frame))
}

/// Whether a phrase names somebody who may speak.
fn speaks(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    match frame.word(phrase.start).to_ascii_lowercase().as_str() {
        "he" | "she" if phrase.len() == 1 => true,
        _ => {
            !(phrase.len() == 1 && frame.is(phrase.start, PRON))
                && (phrase.clone().any(|k| frame.name(k)) || frame.is(frame.head(phrase), PERSON | SOURCE))
        }
    }
}

/// A name or noun phrase of a frame, for finding out who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    /// The name in it, or its head noun.
    pub core: Range<usize>,
    pub named: bool,
    /// Begins with `the`, `this`, `that`, or a possessive.
    pub definite: bool,
    /// Nouns that say what it is: before the name, or in the apposition behind it.
    pub roles: Vec<usize>,
}

/// The name that follows a person's role between commas: `the pilot, Bo Lind, …`.
fn renamed(frame: &Frame<'_>, phrase: &Range<usize>, head: usize) -> Option<Range<usize>> {
    let start = phrase.end + 1;
    if !frame.is(head, PERSON) || frame.is(head, PLURAL) || !frame.mark(phrase.end, ',') || !frame.name(start) {
        return None;
    }
    let limit = frame.tokens.len().min(start + 8);
    let end = (start..limit).find(|&i| !frame.name(i))?;
    (frame.mark(end, ',') || frame.mark(end, '.') && end + 1 == frame.tokens.len()).then_some(start..end)
}

/// What a phrase is made of.
pub(super) fn describe(frame: &Frame<'_>, phrase: &Range<usize>) -> Described {
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
pub(super) fn opens(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    phrase.len() == 1
        && (phrase.start == 0 || frame.get(phrase.start - 1).is_some_and(|t| t.is_quotation() || t.is_mark(':')))
        && frame.get(phrase.end).is_some_and(|t| t.is_word() && !t.capital)
}

/// Whether a phrase stands where places do: `in Oslo`, `near Oslo`; not `in Roe's letter`.
pub(super) fn place(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    phrase.start > 0
        && matches!(frame.word(phrase.start - 1), "in" | "In" | "near" | "Near" | "across" | "outside" | "at" | "At")
        && !frame.get(phrase.end).is_some_and(|t| t.what == What::Possessive)
}

/// What a relative pronoun at `i` stands for.
pub(super) fn antecedent(frame: &Frame<'_>, i: usize) -> Option<Range<usize>> {
    let end = if i > 0 && frame.mark(i - 1, ',') { i - 1 } else { i };
    frame.phrase_before(end)
}

/// Every name of a frame outside its quotations, with the titles before it.
pub(super) fn names(frame: &Frame<'_>) -> Vec<Range<usize>> {
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
pub(super) fn subject(frame: &Frame<'_>) -> Option<Range<usize>> {
    frame.main_subject(0, frame.tokens.len()).filter(|s| speaks(frame, s))
}

/// Whether a phrase is about somebody: a name, a person by what they are, `he`.
pub(super) fn person(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    let head = frame.head(phrase);
    speaks(frame, phrase) && !frame.is(head, SOURCE | PLURAL)
}

/// Whether a phrase may stand for somebody who was mentioned before: `he`, `a widow from Oslo`.
pub(super) fn refers(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    frame.is(phrase.start, PRON) || matches!(frame.word(phrase.start), "A" | "An" | "The")
}

/// Whether the verb of an attribution takes this.
fn verb_takes(f: &Found, takes: u8) -> bool {
    f.verb.is_some_and(|v| v.takes & takes != 0)
}

/// Whether a statement without quotation marks has a speaker that can say things.
fn plausible(frame: &Frame<'_>, f: &Found) -> bool {
    let quoted = f.content.iter().any(|c| c.clone().any(|i| frame.quotation(i)));
    let person = matches!(frame.word(f.speaker.start).to_ascii_lowercase().as_str(), "he" | "she") || frame.may_speak(&f.speaker);
    // `which means that …`: nobody speaks.
    if f.verb.is_some_and(|v| lemma(v) == "mean") && (!person || frame.is(f.speaker.start, RELATIVE | SUB)) {
        return false;
    }
    // `11.04`, of a live report.
    if f.speaker.len() == 1 && frame.word(f.speaker.start).starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    // `signs that read “…”` show words, but nobody says them.
    if f.verb.is_some_and(|v| lemma(v) == "read") && f.speaker.len() == 1 && frame.is(f.speaker.start, RELATIVE | SUB) {
        return false;
    }
    let pronoun = if f.speaker.len() == 1 { frame.word(f.speaker.start).to_ascii_lowercase() } else { String::new() };
    // `Can you explain why …?` asks for it.
    if pronoun == "you" {
        return false;
    }
    // `There said …`, `Indeed promises …`
    if f.speaker.len() == 1
        && !frame.is(f.speaker.start, ALONE)
        && (frame.is_adverb(f.speaker.start) || matches!(pronoun.as_str(), "there" | "indeed" | "otherwise"))
    {
        return false;
    }
    if quoted && f.shape == Shape::Before {
        let aux = |words: &[&str]| f.cue.clone().any(|i| words.iter().any(|w| frame.word_is(i, w)));
        // `did not say how many “agents” had left`; `would ask for “fair” prices`: it is not said.
        let denied = f.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.takes & (PHRASE | TO) == 0)
            && (aux(&["not", "never"])
                || f.cue.clone().any(|i| frame.word(i).ends_with("n't") || frame.word(i).ends_with("n’t")));
        let planned = f.verb.is_some_and(|v| v.form == Form::Base) && aux(&["would", "will", "should"]);
        if denied || planned {
            return false;
        }
        // `feel free to “sail”`, `expects the guild to “sail”`: no clause.
        let first = f.content.first().map_or(0, |c| c.start);
        if f.verb.is_some_and(|v| v.takes & LOOSE != 0 && v.takes & BARE != 0)
            && !frame.is(first, SUB)
            && !frame.quotation(first)
            && !f.content.first().is_some_and(|c| (c.start..c.end.min(c.start + 16)).any(|k| finite_at(frame, k)))
        {
            return false;
        }
    }
    match f.shape {
        Shape::According => return true,
        // `Transcript: “The Ice Goes”`
        Shape::Colon => return quoted && !(f.speaker.len() == 1 && frame.is(f.speaker.start, SOURCE)),
        // `wants a “fair” trial`: too little to be somebody's words.
        Shape::Phrase if quoted && f.verb.is_some_and(|v| v.takes & LOOSE != 0 && v.takes & (SPEECH | TO) == 0) => {
            let that = f.content.first().is_some_and(|c| frame.word_is(c.start, "that"));
            return that || f.content.iter().any(|c| c.clone().any(|i| frame.quotation(i) && frame.inside(i).0 >= WORDS_BESIDE));
        }
        // `As the “Never Again” movement continues`
        Shape::Behind | Shape::Inverted
            if quoted
                && f.verb.is_some_and(|v| {
                    v.takes & CLAUSE == 0 || matches!(lemma(v), "continue" | "charge" | "discuss" | "decide")
                }) =>
        {
            return f.content.iter().any(|c| c.end > c.start && frame.quotation(c.end - 1) && frame.ends_open(c.end - 1));
        }
        Shape::Noun if !quoted || !f.content.first().is_some_and(|c| frame.word_is(c.start, "that")) => return false,
        _ if quoted => return true,
        // `…, saying that …`; not `in denouncing …`
        Shape::Participle => {
            let joined = f.cue.start == 0 || frame.before(f.cue.start).is_some_and(|t| !t.is_word() || t.is(CONJ));
            let verb = f.verb.is_some_and(|v| v.form == Form::Ing);
            if !joined || !verb || matches!(pronoun.as_str(), "it" | "they") {
                return false;
            }
        }
        Shape::Behind
            if f.verb.is_some_and(|v| v.takes & PHRASE != 0 || v.takes & CLAUSE == 0)
                || matches!(pronoun.as_str(), "who" | "which" | "that") =>
        {
            return false;
        }
        Shape::Inverted if !f.speaker.clone().any(|i| frame.name(i)) => {
            let person = frame.is(frame.head(&f.speaker), PERSON);
            if !person || !f.verb.is_some_and(|v| matches!(lemma(v), "say" | "warn" | "insist" | "claim" | "note")) {
                return false;
            }
        }
        _ => {}
    }
    if f.verb.is_some_and(|v| v.takes & QUOTED != 0) {
        return false;
    }
    // `R-Tex.`, `Sioux City, Iowa`: not who speaks.
    if f.speaker.len() == 1 && frame.word(f.speaker.start).ends_with('.') {
        return false;
    }
    // `Neither government has said whether …`, `anybody who asked why`: nobody says it.
    let first = frame.word(f.speaker.start).to_ascii_lowercase();
    let negated = frame.is(f.speaker.end - 1, CONJ) || frame.word_is(f.speaker.end - 1, "neither");
    if negated || matches!(first.as_str(), "nobody" | "none" | "neither" | "no" | "anyone" | "anybody" | "whoever") {
        return false;
    }
    // What somebody could say or did not say is not said.
    let hedged = f.cue.clone().any(|i| {
        let word = frame.word(i);
        matches!(word, "not" | "never" | "would" | "will" | "could" | "can" | "may" | "might" | "should" | "must")
            || word.ends_with("n't")
            || word.ends_with("n’t")
    });
    if hedged {
        return false;
    }
    if f.speaker.start.checked_sub(1).is_some_and(|i| frame.word_is(i, "if") || frame.word_is(i, "unless")) {
        return false;
    }
    if matches!(f.shape, Shape::Before | Shape::Phrase) && f.verb.is_some_and(|v| v.form == Form::Ing) {
        return false;
    }
    if f.shape == Shape::Phrase {
        let finite = f.verb.is_some_and(|v| matches!(v.form, Form::Past | Form::Third | Form::Participle));
        let first = f.content.first().map_or(0, |c| c.start);
        // `described the wall`: nothing is said of it.
        let bare = f.verb.is_some_and(|v| lemma(v) == "describe")
            && !f.content.iter().any(|c| c.clone().any(|i| frame.word_is(i, "as")));
        // `recalled its envoy`; `called on the minister on Monday`
        let bare = bare
            || f.verb.is_some_and(|v| lemma(v) == "call")
                && frame.word_is(first, "on")
                && !f.content.iter().any(|c| c.clone().any(|i| frame.word_is(i, "to")));
        let called = bare || f.verb.is_some_and(|v| lemma(v) == "call") && !matches!(frame.word(first), "for" | "on");
        if !finite || called || f.content.iter().map(Range::len).sum::<usize>() < 3 {
            return false;
        }
    }
    let first = f.content.first().map_or(0, |c| c.start);
    // `told him last week`: when, and not what.
    let when =
        |i: usize| frame.is(i, TIME) || frame.is(i, DET) && !frame.word_is(i, "that") || matches!(frame.word(i), "last" | "next");
    if f.content.iter().all(|c| c.clone().all(|i| when(i) || !frame.get(i).is_some_and(Token::is_word))) {
        return false;
    }
    // `found itself in debt`, `declared himself`
    if matches!(frame.word(first), "himself" | "herself" | "itself" | "themselves") {
        return false;
    }
    // `announced support`, `said little`: no clause.
    if f.shape == Shape::Before
        && f.verb.is_some_and(|v| {
            matches!(lemma(v), "think" | "declare" | "conclude" | "believe" | "argue" | "find" | "claim" | "say")
        })
        && !frame.is(first, SUB | RELATIVE)
        && !frame.finite(f.content.first().cloned().unwrap_or_default())
        // `claimed the prize`, `declared war`
        || f.verb.is_some_and(|v| matches!(lemma(v), "claim" | "declare"))
            && f.shape == Shape::Before
            && !frame.is(first, SUB | RELATIVE | PRON)
            && !f.content.first().is_some_and(|c| (c.start..c.end.min(c.start + 16)).any(|k| finite_at(frame, k)))
    {
        return false;
    }
    // `recalled its envoy`
    if f.verb.is_some_and(|v| lemma(v) == "recall")
        && f.shape == Shape::Before
        && frame
            .phrase_at(first)
            .is_some_and(|object| frame.is(frame.head(&object), PERSON) && !frame.finite(object.end..object.end + 1))
    {
        return false;
    }
    // Some verbs report only where `that` follows.
    if f.verb.is_some_and(|v| v.takes & LOOSE != 0)
        && !f.content.first().is_some_and(|c| frame.word_is(c.start, "that"))
        && !(f.shape == Shape::Behind && f.verb.is_some_and(|v| v.form == Form::Past))
    {
        return false;
    }
    let firm = f.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.takes & CLAUSE != 0);
    if f.speaker.len() == 1 {
        match pronoun.as_str() {
            "i" | "we" => return false,
            "it" | "they" if f.shape == Shape::Behind => return firm,
            "it" | "they" | "who" | "which" | "that" => return false,
            "he" | "she" => return true,
            _ => {}
        }
    }
    if f.speaker.clone().any(|i| frame.name(i)) {
        return true;
    }
    let head = frame.head(&f.speaker);
    // `a smuggler said that …`: who says, tells or admits something is a person, whatever the noun. Of `the disk said that …`
    // more stands before the rules' reach: `an officer who had seen the disk said`.
    let human = f.shape == Shape::Before
        && matches!(frame.word(f.speaker.start), "a" | "an" | "A" | "An")
        && !f.speaker.clone().any(|i| frame.is(i, PREP))
        && f.verb
            .is_some_and(|v| v.form == Form::Past && matches!(lemma(v), "say" | "tell" | "admit" | "insist" | "concede" | "add"));
    frame.is(head, PERSON | SOURCE | ALONE)
        || firm && frame.word(head).ends_with('s')
        || human
        || frame.word_is(f.speaker.end, "who")
}

/// `according to Roe`
fn according(frame: &Frame<'_>, at: usize, floor: usize) -> Option<Found> {
    // `according to which …`
    let speaker = frame.phrase_at(at + 2).filter(|s| !frame.is(s.start, RELATIVE))?;
    let mut content = Vec::new();
    // Past an apposition to the comma, if the phrase stands at the start.
    let first = at == 0 || frame.before(at).is_some_and(|t| t.is(CONJ) && at == 1);
    if first {
        let mut comma =
            (speaker.end..frame.tokens.len().min(speaker.end + REACH)).find(|&i| frame.mark(i, ',') || frame.mark(i, ':'))?;
        // `According to Roe, a pilot, …`
        if let Some(next) = (comma + 1..frame.tokens.len().min(comma + 20))
            .find(|&i| frame.mark(i, ','))
            .filter(|_| frame.is(comma + 1, DET) || frame.is(comma + 1, RELATIVE))
            && frame.apposition(comma + 1, next)
            && !(comma + 1..next).any(|i| frame.is(i, AUX))
        {
            comma = next;
        }
        content.push(comma + 1..frame.clause_end(comma + 1));
    } else {
        let end = if frame.before(at).is_some_and(|t| t.is_mark(',')) { at - 1 } else { at };
        let start = frame.clause_start(end, floor);
        if start < end {
            content.push(start..end);
        }
        // `Usually, according to a survey of 55 ports, the ice …`
        let comma = (speaker.end..frame.tokens.len().min(speaker.end + 12)).find(|&i| frame.mark(i, ','));
        if let Some(comma) = comma
            && comma + 2 < frame.tokens.len()
            && frame.before(at).is_some_and(|t| t.is_mark(','))
            // `It left with a new lock and, according to a pilot, with a new key.`
            && (!frame.is_clause(start..end) || frame.is(end - 1, CONJ | SUB | PREP) && end > start)
        {
            // Past what is told of the survey: `…, which covered ten years, …`
            let told = frame.is(comma + 1, RELATIVE);
            let next = (comma + 1..frame.tokens.len().min(comma + REACH)).find(|&i| frame.mark(i, ',')).filter(|_| told);
            let from = next.unwrap_or(comma) + 1;
            if !told || next.is_some() {
                content.push(from..frame.clause_end(from));
            }
        }
        // `Usually, according to a survey`: nothing is said.
        if content.len() == 1 && comma.is_some() && !frame.is_clause(start..end) && end - start < 3 {
            return None;
        }
    }
    Some(Found { shape: Shape::According, verb: None, cue: at..at + 2, speaker, addressee: None, content })
}

/// Start of the verb group that ends with the verb at `i`, whether it is passive, and whether it is an infinitive.
fn verb_group(frame: &Frame<'_>, i: usize) -> (usize, bool, bool, bool) {
    let mut start = i;
    let (mut be, mut infinitive, mut aux) = (false, false, false);
    while start > 0 && i - start < 8 {
        let p = start - 1;
        let Some(t) = frame.get(p) else { break };
        let contracted = t.what == What::Possessive && p > 0 && frame.is(p - 1, PRON);
        if t.is_word() && t.is(AUX) && !(t.capital && p > 0 && frame.name(p)) || contracted {
            be |= t.is(BE) && !aux;
            aux = true;
        } else if t.is_word()
            && (frame.is_adverb(p)
                || matches!(frame.word(p), "himself" | "herself" | "itself" | "themselves")
                    && frame.get(p.wrapping_sub(1)).is_some_and(|t| t.is_word() && t.entry.verb.is_none()))
            && !t.capital
        {
        } else if t.is_word() && frame.word_is(p, "to") && start == i {
            infinitive = true;
        } else {
            break;
        }
        start = p;
    }
    (start, be, infinitive, aux)
}

/// The subject of the last finite verb before `at`, and whether that is a form of be or passive.
fn governor(frame: &Frame<'_>, at: usize) -> (Option<Range<usize>>, bool) {
    let floor = at.saturating_sub(REACH);
    for k in (floor..at).rev() {
        if !finite_at(frame, k) {
            continue;
        }
        let (group, be, infinitive, _) = verb_group(frame, k);
        let passive = be && !frame.word(k).ends_with("ing") || frame.is(k, BE);
        match frame.before(group) {
            _ if infinitive => {}
            Some(b) if b.is(PRON) => return (Some(group - 1..group), passive),
            Some(b) if b.is_word() && !b.is(CONJ) || b.is_mark(',') => {
                if let Some(subject) = frame.subject_before(group).filter(|s| frame.may_speak(s)) {
                    return (Some(subject), passive);
                }
            }
            _ => {}
        }
    }
    (None, false)
}

/// Whether the token is or looks like a finite verb.
fn finite_at(frame: &Frame<'_>, k: usize) -> bool {
    frame.get(k).is_some_and(|t| {
        t.is_word()
            && !t.capital
            && (t.is(AUX)
                || t.is(VERB) && !frame.word(k).ends_with("ing")
                || t.entry.verb.is_some_and(|v| matches!(v.form, Form::Past | Form::Third))
                || t.end - t.start > 4 && frame.word(k).ends_with("ed"))
    })
}

/// The subject of the verb that the one at `start` is joined to: `Roe thanked the guests and said …`
fn conjoined(frame: &Frame<'_>, start: usize, floor: usize, found: &[Found]) -> Option<Range<usize>> {
    let floor = floor.max(start.saturating_sub(REACH));
    for k in (floor..start.saturating_sub(1)).rev() {
        if frame.mark(k, ';') {
            break;
        }
        if !finite_at(frame, k) {
            continue;
        }
        // Said by somebody: joined to that saying.
        let says = |f: &&Found| f.cue.contains(&k) || f.content.iter().any(|c| c.contains(&k));
        if let Some(f) = found.iter().rev().take(8).find(says) {
            return Some(f.speaker.clone());
        }
        let (group, _, infinitive, _) = verb_group(frame, k);
        match frame.before(group) {
            _ if infinitive => {}
            Some(b) if b.is(RELATIVE) => {}
            Some(b) if b.is(PRON) => return Some(group - 1..group),
            Some(b) if b.is_word() && !b.is(CONJ) || b.is_mark(',') => {
                let subject = frame.subject_before(group).map(|s| frame.unhung(s)).filter(|s| frame.may_speak(s));
                // A subject begins its clause; `who Roe would meet`, `the plan Roe has` do not.
                let begins = |s: &Range<usize>| {
                    frame.before(s.start).is_none_or(|t| {
                        !t.is_word() && t.what != What::Possessive
                            || t.is(CONJ)
                            || t.is(SUB) && !matches!(frame.word(s.start - 1), "that" | "whether" | "if" | "how" | "why" | "what")
                    })
                };
                if let Some(subject) = subject.filter(begins) {
                    return Some(subject);
                }
            }
            _ => {}
        }
    }
    None
}

fn by_verb(frame: &Frame<'_>, i: usize, verb: Verb, floor: usize, found: &[Found]) -> Option<Found> {
    let (start, be, infinitive, aux) = verb_group(frame, i);
    let before = frame.before(start);
    let takes = |t: u8| verb.takes & t != 0;
    if frame.get(i).is_some_and(|t| t.capital)
        && i > 0
        && frame.tokens.iter().take(REACH).any(|t| t.is_word() && !t.capital && t.end - t.start > 5)
        && verb.form != Form::Past
    {
        return None;
    }
    // `the emails`, `a smile`
    if matches!(
        lemma(verb),
        "email"
            | "e-mail"
            | "text"
            | "blog"
            | "post"
            | "caption"
            | "comment"
            | "cry"
            | "laugh"
            | "smile"
            | "sigh"
            | "fire"
            | "shoot"
            | "read"
    ) && matches!(verb.form, Form::Base | Form::Third)
        && !matches!(frame.word(i), "read" | "reads")
    {
        return None;
    }
    // `five states held …`
    if matches!(lemma(verb), "state" | "figure") && !matches!(verb.form, Form::Past | Form::Ing) {
        return None;
    }
    // A noun: `the claim`, `his report`, `of hope`.
    if start == i && matches!(verb.form, Form::Base | Form::Third) {
        let noun = before.is_none_or(|t| {
            t.is(DET) && !t.is(ALONE) && !t.is(PRON)
                || t.is(PREP)
                || t.what == What::Possessive
                || matches!(t.what, What::Mark(_)) && !t.is_mark(',')
        });
        if noun {
            return None;
        }
    }
    if infinitive {
        let right = frame.right(i + 1, takes(BARE));
        if !matches!(right, Right::That(_) | Right::Quotation(_) | Right::CommaQuotation(_) | Right::Colon(_)) || !takes(CLAUSE) {
            return None;
        }
        let speaker = found.last().map(|f| f.speaker.clone()).or_else(|| frame.main_subject(floor, start))?;
        let content = content_right(frame, right, takes(CLAUSE), false)?;
        return Some(Found { shape: Shape::Participle, verb: Some(verb), cue: start..i + 1, speaker, addressee: None, content });
    }
    // Passive: `was told`, `is expected`; progressive: `was saying`.
    if be && verb.form != Form::Ing {
        return by_agent(frame, i, verb, start);
    }
    if verb.form == Form::Participle && !aux {
        return None;
    }
    if verb.form == Form::Ing && !be {
        return participle(frame, i, start, verb, found);
    }
    // The order turned round: `“…,” said Roe`.
    if start == i
        && takes(SPEECH)
        // `“…,” scoffed Roe`
        && (takes(CLAUSE) || start > 0 && frame.quotation(start - 1) && frame.ends_open(start - 1))
        && !takes(PHRASE)
        && !matches!(lemma(verb), "tell" | "find" | "show" | "estimate" | "state")
        && matches!(verb.form, Form::Past | Form::Third)
        && before.is_some_and(|t| t.is_quotation() || t.is_mark(',') || matches!(t.what, What::Mark('—' | '–')))
        && let Some(found) = inverted(frame, i, verb, floor)
    {
        return Some(found);
    }
    let (speaker, inherited) = match before {
        None => return None,
        Some(t) if t.is(RELATIVE) && t.is(PRON) || t.is(SUB) && frame.word_is(start - 1, "that") => (start - 1..start, false),
        Some(t) if t.is(PRON) => (start - 1..start, false),
        Some(t)
            if (t.is(CONJ) || t.is_mark(',') && frame.subject_before(start).is_none())
            // `… and said`: the subject of the verb before.
            // `the group, called “Ice,” met` has no subject before its verb.
            && (t.is(CONJ) || verb.form == Form::Past && !takes(PHRASE)) =>
        {
            let last = || {
                let told = |f: &&Found| matches!(f.shape, Shape::Before | Shape::Phrase | Shape::Behind);
                found.iter().rev().take(REACH).find(told).map(|f| f.speaker.clone())
            };
            let joined = || t.is(CONJ).then(|| conjoined(frame, start, floor, found)).flatten();
            (joined().or_else(last).or_else(|| frame.main_subject(floor, start))?, true)
        }
        Some(_) => {
            // `a document filed on Thursday says`
            let mut end = start;
            while end + 4 > start && end > 1 && frame.is(end - 1, TIME) && !frame.name(end - 1) {
                end -= 1;
            }
            // `last week said`, `less than two weeks ago said`
            while end < start
                && end > 1
                && (frame.is(end - 1, ALONE) && !frame.is(end - 1, PERSON)
                    || matches!(frame.word(end - 1), "last" | "this" | "next" | "late" | "less" | "more" | "than" | "the" | "a")
                    || frame.word(end - 1).starts_with(|c: char| c.is_ascii_digit()))
            {
                end -= 1;
            }
            if end < start && frame.is(end - 1, PREP) && end > 1 {
                end -= 1;
            }
            // `the newspaper “Dagen” says`
            if frame.quotation(end - 1) && entitled(frame, end - 1) {
                end -= 1;
            }
            if end < start && end > 1 && frame.word(end - 1).ends_with("ed") {
                end -= 1;
            }
            let near = frame.subject_before(end);
            let subject = match frame.before_relative(end, near.as_ref()) {
                Some(outer) => outer,
                None => {
                    let near = near?;
                    // `Roe at the time said`, `Roe in a letter said`
                    let far = frame.unhung(near.clone());
                    if frame.may_speak(&far) || !frame.may_speak(&near) { far } else { near }
                }
            };
            (subject, false)
        }
    };
    if !agrees(frame, &speaker, verb, aux, inherited) {
        return None;
    }
    // `a thunderous chant`, `her opening remarks`
    let noun = frame.is(i, SAYING)
        || matches!(
            lemma(verb),
            "chant"
                | "cry"
                | "attack"
                | "report"
                | "remark"
                | "challenge"
                | "reply"
                | "post"
                | "doubt"
                | "fear"
                | "hope"
                | "demand"
        );
    if start == i
        && noun
        && matches!(verb.form, Form::Base | Form::Third)
        && frame.is(speaker.start, DET)
        && !frame.may_speak(&speaker)
    {
        return None;
    }
    // `terrorist attacks`, `serious doubts`: a noun, since one person would have an article.
    let bare = |k: usize| {
        frame.get(k).is_some_and(|t| {
            !t.capital
                && !t.is(PRON | ALONE | RELATIVE | SUB | PLURAL | TITLE)
                && (frame.word(k).ends_with("ous") || !frame.word(k).ends_with('s'))
        })
    };
    if start == i && noun && verb.form == Form::Third && speaker.len() == 1 && bare(speaker.start) {
        return None;
    }
    // `a group called …`, `a plan dubbed …`
    if verb.takes & PHRASE != 0
        && !aux
        && verb.form == Form::Past
        && !inherited
        && speaker.len() > 1
        && !speaker.clone().any(|k| frame.is(k, PERSON) || frame.name(k) && !frame.is(k, SOURCE))
        && !frame.is(speaker.start, ALONE)
        && matches!(
            lemma(verb),
            "call" | "dub" | "label" | "describe" | "term" | "nickname" | "brand" | "back" | "support" | "see" | "endorse"
        )
    {
        return None;
    }
    let restrictive = frame.is(speaker.start, RELATIVE | SUB)
        && speaker.len() == 1
        && !frame.before(speaker.start).is_some_and(|t| t.is_mark(','));
    // `what Roe calls “…”`
    if frame.before(speaker.start).is_some_and(|t| t.is_word())
        && matches!(frame.word(speaker.start - 1), "what" | "which" | "whom")
        && !frame.quotation(i + 1)
    {
        return None;
    }
    let mut after = i + 1;
    let mut addressee = None;
    // `as Roe put it`
    if lemma(verb) == "put" {
        if !frame.word_is(after, "it") {
            return None;
        }
        after += 1;
    }
    if lemma(verb) == "point" {
        if !frame.word_is(after, "out") {
            return None;
        }
        after += 1;
    }
    // `asked for a list of everything that was lost`
    if lemma(verb) == "ask" && frame.word_is(after, "for") {
        return None;
    }
    if takes(HEARER)
        || matches!(lemma(verb), "tell" | "ask" | "warn" | "write" | "urge" | "email" | "text" | "promise" | "caution")
    {
        addressee = addressee_at(frame, after);
        if let Some(a) = &addressee {
            after = a.end;
        }
    }
    // `everything she says is true`
    if frame.is(after, AUX) && !frame.mark(after, ',') {
        return None;
    }
    let right = frame.right(after, takes(BARE) || addressee.is_some() && takes(CLAUSE));
    let cue = start..i + 1;
    if restrictive && matches!(right, Right::Clause(_) | Right::Phrase(_)) && !(after..after + 12).any(|k| frame.quotation(k)) {
        return None;
    }
    // `As Roe said, …`
    if speaker.start == 1
        && frame.word_is(0, "as")
        && let Right::Comma(at) | Right::CommaQuotation(at) = right
    {
        let from = if frame.mark(at, ',') { at + 1 } else { at };
        let end = frame.clause_end(from);
        return (end > from).then(|| Found {
            shape: Shape::Before,
            verb: Some(verb),
            cue,
            speaker,
            addressee,
            content: vec![from..end],
        });
    }
    // `The ferry, she said, will sail.`
    if takes(CLAUSE)
        && !inherited
        && !aux
        && frame.mark(i + 1, ',')
        && !frame.quotation(i + 2)
        && speaker.start > floor
        && frame.mark(speaker.start - 1, ',')
        && !frame.quotation(speaker.start.saturating_sub(2))
    {
        let first = frame.clause_start(speaker.start - 1, floor);
        let end = frame.clause_end(i + 2);
        let participle = frame.get(i + 2).is_some_and(|t| t.entry.verb.is_some_and(|v| v.form == Form::Ing));
        if first < speaker.start - 1 && end > i + 3 && !participle {
            return Some(Found {
                shape: Shape::Behind,
                verb: Some(verb),
                cue,
                speaker: speaker.clone(),
                addressee,
                content: vec![first..speaker.start - 1, i + 2..end],
            });
        }
    }
    // What stands to the left of the subject.
    let goes_on = !matches!(right, Right::End(_) | Right::Comma(_) | Right::Phrase(_));
    // `the “Avatar” star posted`: words in quotation marks before a noun belong to it.
    let told =
        |q: usize| frame.ends_open(q) || !frame.before(q).is_some_and(|t| t.is(DET)) || frame.is(speaker.start, DET | PRON);
    let left = left_content(frame, speaker.start, floor, inherited)
        .filter(|l| !(goes_on && frame.introduces(l.clone())))
        .filter(|_| !speaker.start.checked_sub(1).is_some_and(|q| frame.quotation(q) && !told(q)));
    // The quotation ends in a comma of its own, or one follows it: the cue belongs to it, whatever stands behind.
    let quotation = speaker
        .start
        .checked_sub(if speaker.start > 0 && frame.mark(speaker.start - 1, ',') { 2 } else { 1 })
        .filter(|&q| frame.quotation(q));
    let quoted_left = quotation.is_some();
    let closed_left = quotation.is_some_and(|q| q + 2 == speaker.start || frame.ends_open(q))
        && !quotation.is_some_and(|q| q > 0 && frame.is(q - 1, PREP) && frame.inside(q).1);
    if let Some(left) = left
        && (takes(SPEECH) || takes(CLAUSE))
        && (matches!(right, Right::End(_) | Right::Comma(_) | Right::CommaQuotation(_))
            || quoted_left && !matches!(right, Right::That(_) | Right::Clause(_))
            || closed_left)
    {
        let pure = left.clone().all(|k| !frame.get(k).is_some_and(Token::is_word));
        let mut content = vec![left.clone()];
        resume(frame, right, quoted_left && pure, &mut content);
        return Some(Found { shape: Shape::Behind, verb: Some(verb), cue, speaker, addressee, content });
    }
    if (takes(CLAUSE) || takes(SPEECH) && !takes(PHRASE))
        && let Some(mut content) = content_right(frame, right, takes(CLAUSE), frame.is(speaker.start, RELATIVE))
    {
        // `shouted “No!” as she left`, `said, “We will see,” when asked`
        if let (Right::Quotation(q) | Right::CommaQuotation(q) | Right::Colon(q), Some(c)) = (right, content.last_mut())
            && frame.quotation(q)
            && (!takes(CLAUSE) && frame.get(q + 1).is_some_and(|t| !t.is_word() || t.is(SUB | CONJ))
                || !matches!(right, Right::Quotation(_)) && frame.comma_inside(q))
        {
            c.end = q + 1;
        }
        if let Some(c) = content.last_mut().filter(|_| subordinate(frame, &speaker)) {
            c.end = frame.first_comma(c.clone());
        }
        return Some(Found { shape: Shape::Before, verb: Some(verb), cue, speaker, addressee, content });
    }
    let shows = matches!(lemma(verb), "show" | "find" | "indicate" | "suggest" | "report")
        && speaker.clone().any(|k| frame.is(k, SOURCE));
    if (phrase_follows(frame, after, verb) || shows && phrase_follows(frame, after, Verb { takes: PHRASE, ..verb }))
        && !restrictive
    {
        let mut end = frame.clause_end(after);
        if subordinate(frame, &speaker) {
            end = frame.first_comma(after..end);
        }
        if end > after {
            return Some(Found { shape: Shape::Phrase, verb: Some(verb), cue, speaker, addressee, content: vec![after..end] });
        }
    }
    None
}

/// `was described by Roe as “late”`, `was called “late” by Roe`
fn by_agent(frame: &Frame<'_>, i: usize, verb: Verb, start: usize) -> Option<Found> {
    if verb.takes & PHRASE == 0 {
        return None;
    }
    let near = |from: usize| {
        (from..from + 10)
            .take_while(|&k| frame.get(k).is_some_and(|t| t.is_word() || t.is_quotation() || t.what == What::Possessive))
    };
    let q = near(i + 1).find(|&k| frame.quotation(k))?;
    let by = near(i + 1).find(|&k| frame.word_is(k, "by"))?;
    let speaker = frame.phrase_at(by + 1).filter(|s| speaks(frame, s))?;
    let content = vec![q..q + 1];
    Some(Found { shape: Shape::Phrase, verb: Some(verb), cue: start..i + 1, speaker, addressee: None, content })
}

/// Whether the clause with this subject comes before the one that it belongs to: `While Roe says no, Lind says yes.`
fn subordinate(frame: &Frame<'_>, subject: &Range<usize>) -> bool {
    let Some(at) = subject.start.checked_sub(1) else { return false };
    // `Years after Roe said`, `but when Roe said`
    let leads = |i: usize| frame.get(i).is_some_and(|t| t.is(CONJ | TIME | ALONE | ADV) || !t.is_word());
    let first = at == 0 || (at.saturating_sub(3)..at).all(leads) || frame.before(at).is_some_and(|t| !t.is_word() || t.is(CONJ));
    let word = frame.word(at).to_ascii_lowercase();
    first
        && matches!(
            word.as_str(),
            "while" | "although" | "though" | "when" | "after" | "because" | "since" | "if" | "once" | "before"
        )
}

/// Whether what stands at `at` can be what a verb says that takes no clause: a noun phrase, a quotation, an infinitive.
fn phrase_follows(frame: &Frame<'_>, at: usize, verb: Verb) -> bool {
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

/// Whether the number of the subject fits the form of the verb.
fn agrees(frame: &Frame<'_>, speaker: &Range<usize>, verb: Verb, aux: bool, inherited: bool) -> bool {
    if aux || inherited {
        return true;
    }
    let pronoun = frame.word(speaker.start).to_ascii_lowercase();
    match verb.form {
        Form::Base => match pronoun.as_str() {
            "he" | "she" | "it" if speaker.len() == 1 => false,
            "they" | "we" | "i" | "you" | "who" | "which" | "that" if speaker.len() == 1 => true,
            _ => speaker.clone().any(|i| frame.is(i, PLURAL | CONJ | ALONE)) || frame.word(speaker.end - 1).ends_with('s'),
        },
        Form::Third => !(speaker.len() == 1 && matches!(pronoun.as_str(), "they" | "we" | "i" | "you")),
        _ => true,
    }
}

/// What is said, from what follows the cue.
fn content_right(frame: &Frame<'_>, right: Right, clause: bool, relative: bool) -> Option<Vec<Range<usize>>> {
    let from = match right {
        Right::Quotation(at) | Right::CommaQuotation(at) | Right::Colon(at) => at,
        Right::That(at) | Right::Clause(at) if clause => at,
        _ => return None,
    };
    let end = frame.end_of(from, relative);
    (end > from).then(|| vec![from..end])
}

/// `“…,” said Roe, a pilot. “…”`
fn inverted(frame: &Frame<'_>, i: usize, verb: Verb, floor: usize) -> Option<Found> {
    let speaker = frame.phrase_at(i + 1).filter(|_| !frame.is(i + 1, SUB))?;
    if frame.is(speaker.start, PRON | OBJECT) && speaker.len() == 1 && !frame.is(speaker.start, PRON) {
        return None;
    }
    let left = left_content(frame, i, floor, false);
    let right = frame.right(speaker.end, false);
    // `But, said Roe, “…”` has nothing before it.
    // Nor has `In short, explained Roe: “…”`.
    let announced = |q: usize| frame.quotation(q);
    if left.is_none() && !matches!(right, Right::CommaQuotation(_)) && !matches!(right, Right::Colon(q) if announced(q)) {
        return None;
    }
    let quoted = frame.before(i).is_some_and(Token::is_quotation);
    if quoted && entitled(frame, i - 1) {
        return None;
    }
    // `Roe, who owns a boat, said Lind “has no boat”`
    if !quoted && left.as_ref().is_some_and(|l| frame.subject_before(i).is_some_and(|s| s.start == l.start)) {
        return None;
    }
    // `Roe, a pilot, said the ferry would …` is not turned round.
    let ends = match right {
        Right::End(at) | Right::Comma(at) | Right::CommaQuotation(at) | Right::Quotation(at) | Right::Colon(at) => {
            !(speaker.end..at).any(|k| {
                frame.get(k).is_some_and(|t| {
                    t.is_word() && !t.capital && (t.is(AUX) || t.entry.verb.is_some_and(|v| v.form == Form::Past))
                })
            })
        }
        _ => false,
    };
    let pronoun = speaker.len() == 1 && frame.is(speaker.start, PRON);
    if !quoted && (!ends || pronoun || !speaker.clone().any(|k| frame.name(k) || frame.is(k, PERSON | SOURCE)))
        || pronoun && !ends
    {
        return None;
    }
    let mut content: Vec<_> = left.into_iter().collect();
    resume(frame, right, true, &mut content);
    Some(Found { shape: Shape::Inverted, verb: Some(verb), cue: i..i + 1, speaker, addressee: None, content })
}

/// Whether the quotation at `q` is the name of what stands before it: `the newspaper “Dagen”`.
fn entitled(frame: &Frame<'_>, q: usize) -> bool {
    frame.inside(q).1 && !frame.ends_open(q) && frame.before(q).is_some_and(|t| t.is_word() && t.is(SOURCE))
}

/// What is said before the subject (or the inverted cue) at `at`.
fn left_content(frame: &Frame<'_>, at: usize, floor: usize, inherited: bool) -> Option<Range<usize>> {
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
fn apart(frame: &Frame<'_>, start: usize, q: usize) -> bool {
    if start >= q || !frame.quotation(q) || !frame.ends_open(q) || verb_first(frame, q) {
        return false;
    }
    match frame.before(q).map(|t| t.what) {
        Some(What::Mark(',')) => !frame.introduces(start..q),
        Some(What::Mark(_)) => true,
        _ => false,
    }
}

/// Whether the quotation at `q` begins with a finite verb in lower case.
fn verb_first(frame: &Frame<'_>, q: usize) -> bool {
    let text = frame.get(q).and_then(|t| frame.text.get(t.start..t.end)).unwrap_or_default();
    let word = text.trim_start_matches(|c: char| !c.is_alphanumeric()).split(|c: char| !c.is_alphanumeric()).next();
    word.is_some_and(|w| {
        let entry = look_up(w);
        let verb = entry.is(AUX | VERB) || entry.verb.is_some() || w.ends_with("ed") || w.ends_with('s') && !entry.is(DET | PRON);
        w.starts_with(char::is_lowercase) && verb
    })
}

/// A quotation or sentence that goes on behind its cue.
fn resume(frame: &Frame<'_>, right: Right, quoted: bool, content: &mut Vec<Range<usize>>) {
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

/// `told reporters`, `warned Roe`
fn addressee_at(frame: &Frame<'_>, at: usize) -> Option<Range<usize>> {
    let t = frame.get(at)?;
    if t.is(OBJECT) {
        return Some(at..at + 1);
    }
    if t.is(SUB | PREP | CONJ) || !t.is_word() {
        return None;
    }
    let phrase = frame.phrase_at(at)?;
    // `told ABC's “Good Morning America”`, `told the newspaper “Dagen”`
    let show = frame.get(phrase.end - 1).is_some_and(|t| t.what == What::Possessive || t.is(SOURCE))
        && frame.quotation(phrase.end)
        && frame.inside(phrase.end).1
        && !frame.ends_open(phrase.end);
    Some(phrase.start..phrase.end + usize::from(show))
}

/// `…, adding that …`
fn participle(frame: &Frame<'_>, i: usize, start: usize, verb: Verb, found: &[Found]) -> Option<Found> {
    let before = frame.before(start);
    // `issued a statement saying that`: who issued it; `a letter saying that`: the letter.
    let written = before.is_some_and(|t| t.is_word() && t.is(SOURCE))
        && matches!(
            lemma(verb),
            "say" | "claim" | "warn" | "argue" | "insist" | "state" | "tell" | "read" | "urge" | "declare" | "suggest"
        );
    // `criticism for calling`, `the calling`
    if !written
        && before.is_some_and(|t| {
            t.is(DET)
                || t.is(PREP) && !matches!(frame.word(start - 1), "by" | "before" | "after" | "while" | "in" | "with")
                || t.is_word()
                    && (t.is(PERSON | SOURCE) || !t.is(PREP | CONJ | SUB | ADV))
                    && !frame.phrase_before(start).is_some_and(|p| p.start > 0 && frame.word_is(p.start - 1, "with"))
        })
    {
        return None;
    }
    // `with Roe promising …`
    let own = frame.phrase_before(start).filter(|p| p.start > 0 && frame.word_is(p.start - 1, "with"));
    // Where an introduction ends: `Citing the ice, Roe stayed.`
    let mut limit = frame.tokens.len();
    let speaker = match found.last() {
        _ if own.is_some() => own?,
        _ if written => {
            let letter = frame.phrase_before(start)?;
            let verb = letter.start.checked_sub(1).map(|k| frame.word(k));
            let issued = matches!(
                verb,
                Some(
                    "issued"
                        | "out"
                        | "released"
                        | "published"
                        | "posted"
                        | "wrote"
                        | "sent"
                        | "made"
                        | "issuing"
                        | "releasing"
                        | "signed"
                        | "filed"
                )
            );
            let issuer = if issued { governor(frame, letter.start).0 } else { None };
            issuer.filter(|s| speaks(frame, s) || frame.is(s.start, PRON)).unwrap_or(letter)
        }
        // `Roe said it was ice, and the guild has closed the port, saying …`: the guild.
        Some(f) => later_subject(frame, f, start).unwrap_or_else(|| f.speaker.clone()),
        None if start == 0 => {
            let comma = (i..frame.tokens.len().min(i + REACH))
                .find(|&k| frame.mark(k, ',') || frame.quotation(k) && frame.ends_open(k))?;
            limit = comma + usize::from(frame.quotation(comma));
            frame.main_subject(comma + 1, frame.tokens.len())?
        }
        None => joined_subject(frame, 0, start).or_else(|| frame.main_subject(0, start))?,
    };
    let mut after = i + 1;
    if lemma(verb) == "point" {
        after += 1;
        // `pointing to a report that …`: the report, too.
        if frame.word_is(i + 1, "to") {
            let end = frame.clause_end(after);
            let speaker = found.last().map(|f| f.speaker.clone()).or_else(|| frame.main_subject(0, start))?;
            return (end > after).then(|| Found {
                shape: Shape::Participle,
                verb: Some(verb),
                cue: start..i + 1,
                speaker,
                addressee: None,
                content: vec![after..end],
            });
        }
        if !frame.word_is(i + 1, "out") {
            return None;
        }
    }
    let mut addressee = None;
    let takes = |t: u8| verb.takes & t != 0;
    if takes(HEARER) || matches!(lemma(verb), "tell" | "ask" | "warn" | "urge") {
        addressee = addressee_at(frame, after);
        if let Some(a) = &addressee {
            after = a.end;
        }
    }
    let right = frame.right(after, takes(BARE) || addressee.is_some());
    let content = match content_right(frame, right, takes(CLAUSE), false) {
        Some(content) => content,
        None if phrase_follows(frame, after, verb) => {
            let end = frame.clause_end(after);
            if end <= after {
                return None;
            }
            vec![after..end]
        }
        None => return None,
    };
    let content: Vec<_> = content.into_iter().map(|c| c.start..c.end.min(limit)).filter(|c| !c.is_empty()).collect();
    (!content.is_empty()).then_some(Found {
        shape: Shape::Participle,
        verb: Some(verb),
        cue: start..i + 1,
        speaker,
        addressee,
        content,
    })
}

/// The subject of the clause joined to what `f` says, before the participle at `start`.
fn later_subject(frame: &Frame<'_>, f: &Found, start: usize) -> Option<Range<usize>> {
    let from = f.content.iter().map(|c| c.end).chain([f.cue.end]).min().unwrap_or(start);
    joined_subject(frame, from.min(start), start)
}

/// The subject of the last clause between `from` and `to` that a conjunction joins to the one before: `…, and Roe closed the port`,
/// `… as Roe closed the port`. One that a comma ends, as an introduction is ended, is passed over.
fn joined_subject(frame: &Frame<'_>, from: usize, to: usize) -> Option<Range<usize>> {
    (from.max(to.saturating_sub(REACH))..to).rev().find_map(|i| {
        let main = frame.is(i, CONJ) && frame.before(i).is_some_and(|t| t.is_mark(','));
        let under = matches!(frame.word(i), "while" | "though" | "although" | "as" | "because");
        if !main && !under {
            return None;
        }
        let subject = frame.phrase_at(i + 1).filter(|s| s.end < to && speaks(frame, s))?;
        let verb = (subject.end..to).find(|&k| !frame.is_adverb(k)).filter(|&k| finite_at(frame, k))?;
        (main || !(verb..to - 1).any(|k| frame.mark(k, ','))).then_some(subject)
    })
}

/// `Roe's claim that …`, `a claim by Roe that …`
fn by_noun(frame: &Frame<'_>, i: usize) -> Option<Found> {
    if !frame.is(i, SAYING) {
        return None;
    }
    // Whose: `Roe's`, `his`.
    let floor = i.saturating_sub(6);
    let owner = (floor..i).rev().find(|&k| {
        frame.get(k).is_some_and(|t| {
            t.what == What::Possessive || matches!(frame.word(k), "his" | "her" | "their" | "its" | "my" | "our")
        })
    });
    let (speaker, after) = match owner {
        Some(k) if (k + 1..i).all(|j| frame.get(j).is_some_and(|t| t.is_word() && !t.is(PREP | SUB | AUX | PRON | CONJ))) => {
            if frame.get(k).is_some_and(|t| t.what == What::Possessive) {
                (frame.phrase_before(k)?, i + 1)
            } else {
                (k..k + 1, i + 1)
            }
        }
        _ if frame.word_is(i + 1, "by") || frame.word_is(i + 1, "from") => {
            let speaker = frame.phrase_at(i + 2)?;
            let end = speaker.end;
            (speaker, end)
        }
        _ => return None,
    };
    let from = match frame.word(after) {
        "that" | "to" | "about" | "of" | "on" | "for" | "whether" => after,
        _ => return None,
    };
    let end = frame.clause_end(from);
    (end > from + 1).then(|| Found {
        shape: Shape::Noun,
        verb: None,
        cue: i..i + 1,
        speaker,
        addressee: None,
        content: vec![from..end],
    })
}

/// `Roe: …` at the start of a frame; `The ice goes - Bo Roe: “…”`.
fn colon(frame: &Frame<'_>) -> Option<Found> {
    let limit = frame.tokens.len().min(REACH);
    if let Some(at) = (0..limit).find(|&i| frame.mark(i, ':') && frame.quotation(i + 1))
        && let Some(start) = (0..at).rev().take_while(|&i| frame.name(i)).last()
        && frame.before(start).is_some_and(|t| matches!(t.what, What::Mark('—' | '–' | '-')))
    {
        let content = vec![at + 1..at + 2];
        return Some(Found { shape: Shape::Colon, verb: None, cue: at..at + 1, speaker: start..at, addressee: None, content });
    }
    let at = (0..frame.tokens.len().min(9)).find(|&i| frame.mark(i, ':'))?;
    let named = at > 0
        && (0..at).all(|i| frame.name(i) || frame.is(i, TITLE | PERSON))
        && ((0..at).any(|i| frame.name(i)) || frame.is(at - 1, PERSON));
    let end = frame.clause_end(at + 1);
    (named && at <= 5 && (end > at + 2 || frame.quotation(at + 1))).then(|| Found {
        shape: Shape::Colon,
        verb: None,
        cue: at..at + 1,
        speaker: 0..at,
        addressee: None,
        content: vec![at + 1..end],
    })
}

/// Quotations that no cue has claimed: they go on with what was said before in the frame, or are words of its subject.
fn beside(frame: &Frame<'_>, found: &mut Vec<Found>) {
    if found.len() > REACH {
        return;
    }
    let open: Vec<usize> = (0..frame.tokens.len())
        .filter(|&i| frame.quotation(i) && !found.iter().any(|f| f.content.iter().any(|c| c.contains(&i))))
        .take(REACH)
        .collect();
    for i in open {
        let (words, title) = frame.inside(i);
        // `held signs that read “…”`: shown, not said.
        let shown = i > 2
            && frame.word_is(i - 1, "read")
            && frame.is(i - 2, RELATIVE | SUB)
            && (!frame.is(i - 3, SOURCE | SAYING) || matches!(frame.word(i - 3), "sign" | "signs" | "label" | "labels"));
        if title || shown || frame.before(i).is_some_and(|t| t.is_mark('=')) {
            continue;
        }
        let prior =
            found.iter().rev().take(REACH).find(|f| f.cue.start < i && i - f.cue.start < REACH).map(|f| f.speaker.clone());
        // `When Roe complained, Lind shot back, “No.”`
        let verb = (i.saturating_sub(4)..i).rev().find(|&k| finite_at(frame, k));
        let own = verb
            .filter(|_| frame.before(i).is_some_and(|t| t.is_mark(',') || t.is_mark(':')))
            .filter(|&k| !found.iter().any(|f| f.cue.contains(&k)))
            .and_then(|k| frame.subject_before(verb_group(frame, k).0))
            .filter(|s| speaks(frame, s) && !frame.before(s.start).is_some_and(|t| t.is(SUB)));
        let speaker = match own.or(prior) {
            // `told her, “No.”`, not `a “liberal”`
            Some(speaker) if words > 2 || frame.before(i).is_some_and(|t| !t.is_word()) => Some(speaker),
            None if words >= WORDS_BESIDE || frame.before(i).is_some_and(|t| t.is_mark(':')) => {
                let says = |s: &Range<usize>| {
                    (s.end..s.end + 4)
                        .take_while(|&k| {
                            frame.is(k, AUX) || frame.is_adverb(k) || frame.get(k).is_some_and(|t| t.entry.verb.is_some())
                        })
                        .any(|k| frame.get(k).is_some_and(|t| t.entry.verb.is_some_and(|v| v.takes & SPEECH != 0)))
                };
                match frame.main_subject(0, i) {
                    Some(main) if says(&main) => Some(main),
                    main => match governor(frame, i) {
                        // `The ferry is “late,”` and `Roe was asked, “Why?”` are not the words of their subject.
                        (near, true) => near.or(main).filter(|_| frame.before(i).is_some_and(|t| t.is_mark(':'))),
                        (near, false) => near.or(main),
                    },
                }
                .filter(|s| speaks(frame, s))
            }
            _ => None,
        };
        // `HARBOUR FREEZES OVER “…”`: a heading, and nobody's name.
        let heading = |s: &Range<usize>| s.len() > 1 && s.clone().all(|k| !frame.word(k).contains(char::is_lowercase));
        if let Some(speaker) = speaker.filter(|s| !heading(s)) {
            found.push(Found { shape: Shape::Beside, verb: None, cue: i..i, speaker, addressee: None, content: vec![i..i + 1] });
        }
    }
}
