//! Verbs and their subjects: verb groups, agreement, clauses joined to one another.

use super::super::lexicon::{ADV, ALONE, AUX, BE, CONJ, Form, PLURAL, PRON, RELATIVE, SUB, TIME, VERB, Verb};
use super::super::tokens::What;
use super::phrases::Frame;
use super::{Found, REACH, speaks};
use std::ops::Range;

/// Start of the verb group that ends with the verb at `i`, whether it is passive, and whether it is an infinitive.
pub(super) fn verb_group(frame: &Frame<'_>, i: usize) -> (usize, bool, bool, bool) {
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
pub(super) fn governor(frame: &Frame<'_>, at: usize) -> (Option<Range<usize>>, bool) {
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
pub(super) fn finite_at(frame: &Frame<'_>, k: usize) -> bool {
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
pub(super) fn conjoined(frame: &Frame<'_>, start: usize, floor: usize, found: &[Found]) -> Option<Range<usize>> {
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

/// The subject of the clause joined to what `f` says, before the participle at `start`.
pub(super) fn later_subject(frame: &Frame<'_>, f: &Found, start: usize) -> Option<Range<usize>> {
    let from = f.content.iter().map(|c| c.end).chain([f.cue.end]).min().unwrap_or(start);
    joined_subject(frame, from.min(start), start)
}

/// The subject of the last clause between `from` and `to` that a conjunction joins to the one before: `…, and Roe closed the port`,
/// `… as Roe closed the port`. One that a comma ends, as an introduction is ended, is passed over.
pub(super) fn joined_subject(frame: &Frame<'_>, from: usize, to: usize) -> Option<Range<usize>> {
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

/// Whether the clause with this subject comes before the one that it belongs to: `While Roe says no, Lind says yes.`
pub(super) fn subordinate(frame: &Frame<'_>, subject: &Range<usize>) -> bool {
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

/// Whether the number of the subject fits the form of the verb.
pub(super) fn agrees(frame: &Frame<'_>, speaker: &Range<usize>, verb: Verb, aux: bool, inherited: bool) -> bool {
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
