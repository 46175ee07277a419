//! A frame and its noun phrases: which words belong together, and which of them may speak.

use super::super::lexicon::{
    ADV, ALONE, AUX, BE, CALENDAR, CONJ, DET, FEMALE, Form, MALE, NO_PERSON, OBJECT, PERSON, PLURAL, PREP, PRON, RELATIVE,
    SAYING, SOURCE, SPEECH, SUB, TIME, TITLE, VERB, look_up,
};
use super::super::tokens::{Token, What};
use super::REACH;
use std::ops::Range;

/// The frame being looked at.
pub(in crate::sentence::holder) struct Frame<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl Frame<'_> {
    pub(super) fn get(&self, i: usize) -> Option<&Token> {
        self.tokens.get(i)
    }

    pub(super) fn before(&self, i: usize) -> Option<&Token> {
        i.checked_sub(1).and_then(|i| self.tokens.get(i))
    }

    pub(super) fn is(&self, i: usize, flags: u32) -> bool {
        self.get(i).is_some_and(|t| t.is(flags))
    }

    pub(super) fn mark(&self, i: usize, c: char) -> bool {
        self.get(i).is_some_and(|t| t.is_mark(c))
    }

    pub(super) fn quotation(&self, i: usize) -> bool {
        self.get(i).is_some_and(Token::is_quotation)
    }

    pub(in crate::sentence::holder) fn word(&self, i: usize) -> &str {
        self.get(i).and_then(|t| self.text.get(t.start..t.end)).unwrap_or("")
    }

    pub(in crate::sentence::holder) fn word_is(&self, i: usize, word: &str) -> bool {
        self.word(i).eq_ignore_ascii_case(word)
    }

    /// Whether the quotation at `i` ends in a comma, a question mark, an exclamation mark or a dash: more follows.
    pub(super) fn ends_open(&self, i: usize) -> bool {
        let Some(t) = self.get(i) else { return false };
        let text = self.text.get(t.start..t.end).unwrap_or_default();
        text.trim_end_matches(['"', '”', '\'', '’', '»', '`']).trim_end().ends_with([',', '?', '!', '—', '-', '…'])
    }

    /// How many words the quotation at `i` has, and whether they look like a title: capitals on all but the small words.
    pub(super) fn inside(&self, i: usize) -> (usize, bool) {
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
    pub(super) fn name(&self, i: usize) -> bool {
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
    pub(super) fn verbal_before(&self, end: usize) -> bool {
        (end.saturating_sub(8)..end).any(|i| self.verbal(i))
    }

    /// Whether the token at `i` is of the time that an entry of a live report begins with: `12:05 Roe says`, `12.05 Roe says`.
    pub(super) fn stamp(&self, i: usize) -> bool {
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
    pub(super) fn nominal(&self, i: usize) -> bool {
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
    pub(super) fn adjectival(&self, i: usize) -> bool {
        self.get(i)
            .and_then(|t| t.entry.verb)
            .is_some_and(|v| matches!(v.form, Form::Past | Form::Participle | Form::Ing | Form::Base | Form::Third))
            && i.checked_sub(1)
                .is_some_and(|p| self.is(p, DET) || self.get(p).is_some_and(|t| t.what == What::Possessive) || self.name(p))
            && self.get(i + 1).is_some_and(|t| t.is_word() && !t.is(DET | PRON | PREP | CONJ | SUB | AUX | OBJECT))
    }

    pub(super) fn is_adverb(&self, i: usize) -> bool {
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
    pub(super) fn phrase_before(&self, end: usize) -> Option<Range<usize>> {
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
            } else if start + 1 == end
                && i > 0
                && t.entry.verb.is_some_and(|v| v.form == Form::Third)
                && self.get(start).is_some_and(|n| n.is(PERSON | SOURCE) && !n.capital && !n.is(PLURAL | ALONE | DET))
                && (self.nominal(i - 1) || self.is(i - 1, DET))
                && !self.name(i - 1)
            {
                // `the rules committee`: one person or group has an article.
                start = i;
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
    pub(super) fn attaches(&self, i: usize) -> bool {
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
    pub(super) fn head(&self, phrase: &Range<usize>) -> usize {
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
    pub(super) fn qualifies(&self, i: usize) -> bool {
        self.get(i).is_some_and(|t| t.is_word() && !t.capital && !t.is(AUX))
            && (self.word(i).ends_with("ed")
                || matches!(
                    self.word(i),
                    "familiar" | "close" | "present" | "privy" | "aware" | "speaking" | "involved" | "seen" | "based"
                ))
    }

    /// Past what qualifies the noun phrase that ends at `end`: `people briefed on the plan`, `an official who was there`.
    pub(super) fn qualified(&self, end: usize) -> usize {
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
    pub(super) fn unhung(&self, phrase: Range<usize>) -> Range<usize> {
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
    pub(super) fn may_speak(&self, phrase: &Range<usize>) -> bool {
        phrase.clone().any(|k| self.name(k)) || self.is(self.head(phrase), PERSON | SOURCE | ALONE | PRON)
    }

    /// The noun before a relative clause that ends before `end` and has its own verb: `officials who know the plan said`.
    pub(super) fn before_relative(&self, end: usize, near: Option<&Range<usize>>) -> Option<Range<usize>> {
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
    pub(super) fn subject_before(&self, end: usize) -> Option<Range<usize>> {
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
    pub(super) fn apposition(&self, start: usize, end: usize) -> bool {
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
    pub(super) fn phrase_at(&self, start: usize) -> Option<Range<usize>> {
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
    pub(super) fn leads_to_person(&self, i: usize) -> bool {
        let noun = |t: &Token| t.is_word() && !t.is(VERB | AUX | PREP | CONJ | DET | SUB);
        self.get(i).is_some_and(|t| t.entry.verb.is_none() && !t.is(VERB))
            && (i + 1..i + 3).take_while(|&k| self.get(k).is_some_and(noun)).any(|k| self.is(k, PERSON))
    }

    /// The subject of the clause that begins at `from`: its first noun phrase, past an introduction before a comma.
    pub(super) fn main_subject(&self, from: usize, before: usize) -> Option<Range<usize>> {
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
}
